"""Several definitions, or several days, asked at once: one pass over the tables answers them all.

Absolute dates of a definition stay where they are, as when it is asked on each day by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lake.tables import Tables
from .compile import Compiled, compile_each
from .definition import Definition

Asked = Sequence[tuple[Definition, date]]
"""Definitions, each with the day at whose end it is asked."""


@dataclass(frozen=True)
class Memberships:
    """`uh` (users,) int64, ascending: everybody who belonged to the universe by the last day asked.
    `inside`: of each question whether they were members, (users,) bool."""

    uh: NDArray[np.int64]
    inside: tuple[NDArray[np.bool_], ...]


def memberships(tables: Tables, asked: Asked) -> Memberships:
    """Who is a member, of every question. `asked` must not be empty.

    Raises InvalidInput for more sequences, all definitions together, than one query takes.
    """
    query = _compiled(tables, asked)
    found: dict[str, NDArray[Any]] = tables.con.execute(query.sql, dict(query.params)).fetchnumpy()
    inside = tuple(np.asarray(found[f"m{i}"], dtype=bool) for i in range(len(asked)))
    return Memberships(np.asarray(found["uh"], dtype=np.int64), inside)


def sizes(tables: Tables, asked: Asked) -> list[int]:
    """How many members, of every question. Raises as `memberships` does."""
    query = _compiled(tables, asked)
    counts = ", ".join(f"SUM(CASE WHEN m{i} THEN 1 ELSE 0 END)" for i in range(len(asked)))
    [row] = tables.con.execute(
        f"SELECT {counts} FROM ({query.sql}) asked", dict(query.params)
    ).fetchall()
    return [int(count or 0) for count in row]


def _compiled(tables: Tables, asked: Asked) -> Compiled:
    return compile_each(
        asked,
        event_codes=tables.event_codes(),
        timezone=tables.timezone,
        added_up=tables.added_up,
    )
