"""Whose standing in a goal changed with a night, in one group of users: counts, and a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from ..goals.buckets import CERTAIN
from ..goals.changes import Changes, Standing
from ..goals.target_group import Arm
from ..lake.columns import ROW_GROUP
from ..lake.tables import literal
from .counting import OPEN

NO_STATE = 255
"""The column `state` of a member who was not scored the night before."""

Standings = npt.NDArray[np.uint8]


def standings(state: npt.NDArray[np.uint8], bucket: npt.NDArray[np.uint8]) -> Standings:
    """uint8 (n,) of `Standing`, from two columns of scores."""
    done = np.where(state == NO_STATE, Standing.OUTSIDE, Standing.MOST_LIKELY + state)
    return np.where(state == OPEN, bucket, done).astype(np.uint8)


def count_changes(before: Standings, now: Standings) -> Changes:
    """Members (n,) by both."""
    pairs = np.bincount(before.astype(np.int64) * len(Standing) + now)
    return Changes(
        {
            (Standing(at // len(Standing)), Standing(at % len(Standing))): int(pairs[at])
            for at in np.flatnonzero(pairs).tolist()
        }
    )


def write_changes(
    path: Path,
    before: Standings,
    now: Standings,
    scores: Mapping[str, npt.NDArray[Any]],
    target: Path,
    lent: duckdb.DuckDBPyConnection,
) -> Path:
    """Write the members whose standing is another one `now` than `before`, with what `scores` (the
    columns of tonight's score file) say of them and their ids from the local `target` group; equal
    ones give equal bytes."""
    moved = np.flatnonzero(before != now)
    columns = {name: scores[name][moved] for name in ("uh", "likelihood", "arm")}
    columns |= {"before": before[moved], "now": now[moved]}
    with lent.cursor() as con:
        con.register("moved", columns)
        con.execute(
            f"""
            COPY (
                SELECT moved.uh, user_id, {_label("before", Standing)} AS from_bucket,
                       {_label("now", Standing)} AS to_bucket,
                       CASE WHEN now <= {Standing.MOST_LIKELY:d}
                            THEN CAST(likelihood AS DOUBLE) / {CERTAIN} END AS likelihood,
                       {_label("moved.arm", Arm)} AS arm
                FROM moved JOIN read_parquet({literal(str(target))}) AS target USING (uh)
                ORDER BY moved.uh
            ) TO {literal(str(path))}
            (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})
            """
        )
        con.unregister("moved")
    return path


def _label(column: str, numbered: Iterable[Standing | Arm]) -> str:
    """SQL for the label of a number; arrays of SQL count from 1."""
    labels = ", ".join(literal(entry.label) for entry in sorted(numbered))
    return f"list_extract([{labels}], CAST({column} AS INTEGER) + 1)"
