"""Who is in a segment as of a day: all of them, how many, or a few with their traits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lake.calendar import to_day
from ..lake.tables import Tables
from .binds import Binds
from .compile import Compiled, Lookup, compile_members, compile_on_days
from .definition import Definition
from .passes import traits_as_of

TraitValue = str | float | int | bool
DAYS_AT_ONCE = 64
"""Days that one query answers: each makes every aggregate of the definition once more."""


@dataclass(frozen=True)
class SampledUser:
    """A member to look at, with the traits that held on as_of (timestamps as ISO strings, UTC)."""

    user_id: str
    traits: dict[str, TraitValue]


def members(
    tables: Tables,
    definition: Definition,
    as_of: date,
    *,
    shift_days: int = 0,
    lookup: Lookup | None = None,
) -> NDArray[np.int64]:
    """The user hashes of the members at the end of `as_of`: int64, ascending, unique.

    `shift_days` is added to the definition's absolute dates, for point-in-time training: a
    cut-off 28 days before today's as_of passes -28. `lookup` resolves referenced segments.
    Raises NotFound for an unknown segment, InvalidInput for a circle of references.
    """
    query = _compiled(tables, definition, as_of, shift_days, lookup)
    found = _columns(tables, f"SELECT uh FROM ({query.sql}) members ORDER BY uh", query.params)
    return np.asarray(found["uh"], dtype=np.int64)


def members_on_days(
    tables: Tables,
    definition: Definition,
    days: Sequence[int],
    as_of: int,
    *,
    lookup: Lookup | None = None,
) -> list[NDArray[np.int64]]:
    """`members` at the end of each of `days` (day numbers): user hashes as int64, ascending.

    Absolute dates of the definition are meant as of the day `as_of` and move along with each day.
    The tables are read once for DAYS_AT_ONCE days: twenty past days take about as long as five
    single ones. Raises as `members` does.
    """
    found = []
    for start in range(0, len(days), DAYS_AT_ONCE):
        some = days[start : start + DAYS_AT_ONCE]
        query = compile_on_days(
            definition,
            some,
            as_of,
            event_codes=tables.event_codes(),
            timezone=tables.timezone,
            lookup=lookup,
            added_up=tables.added_up,
        )
        columns = _columns(tables, query.sql, query.params)
        uh = np.asarray(columns["uh"], dtype=np.int64)
        found += [uh[np.asarray(columns[f"m{i}"], dtype=bool)] for i in range(len(some))]
    return found


def member_ids(
    tables: Tables, definition: Definition, as_of: date, *, lookup: Lookup | None = None
) -> NDArray[np.object_]:
    """The user ids of the members at the end of `as_of`: str objects, ascending by code point."""
    query = _compiled(tables, definition, as_of, 0, lookup, user_ids=True)
    found = _columns(
        tables, f"SELECT user_id FROM ({query.sql}) members ORDER BY user_id", query.params
    )
    return np.asarray(found["user_id"], dtype=object)


def size(
    tables: Tables,
    definition: Definition,
    as_of: date,
    *,
    shift_days: int = 0,
    lookup: Lookup | None = None,
) -> int:
    """How many members there are at the end of `as_of`; the rest as for `members`."""
    query = _compiled(tables, definition, as_of, shift_days, lookup)
    counted = _columns(tables, f"SELECT COUNT(*) AS users FROM ({query.sql}) members", query.params)
    return int(counted["users"][0])


def users_with_traits(tables: Tables, users: Sequence[int], as_of: date) -> list[SampledUser]:
    """Users by their hashes, in ascending order of them, with the traits that held at the end of a
    day. One who is not in the tables is left out."""
    if not users:
        return []
    rows = tables.con.execute(
        "SELECT uh, user_id FROM users WHERE uh IN (SELECT unnest($users)) ORDER BY uh",
        {"users": list(users)},
    ).fetchall()
    traits = _traits(tables, [uh for uh, _ in rows], as_of)
    return [SampledUser(user_id, traits.get(uh, {})) for uh, user_id in rows]


def _traits(tables: Tables, users: list[int], as_of: date) -> dict[int, dict[str, TraitValue]]:
    binds = Binds()
    held = traits_as_of("uh IN (SELECT unnest($users))", binds.bind(to_day(as_of)))
    rows = tables.con.execute(
        f"SELECT uh, property, kind, text, number FROM ({held}) held "
        "WHERE kind IS NOT NULL ORDER BY uh, property",
        {**binds.params, "users": users},
    ).fetchall()
    traits: dict[int, dict[str, TraitValue]] = {}
    for uh, name, kind, text, number in rows:
        traits.setdefault(uh, {})[name] = _value(kind, text, number)
    return traits


def _value(kind: str, text: str | None, number: float | None) -> TraitValue:
    if kind == "string" or number is None:
        return text or ""
    if kind == "boolean":
        return bool(number)
    if kind == "timestamp":
        # fromtimestamp would lose microseconds to floating point.
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number))
        return moment.isoformat().replace("+00:00", "Z")
    return int(number) if number == int(number) else number


def _compiled(
    tables: Tables,
    definition: Definition,
    as_of: date,
    shift_days: int,
    lookup: Lookup | None,
    user_ids: bool = False,
) -> Compiled:
    return compile_members(
        definition,
        as_of,
        event_codes=tables.event_codes(),
        timezone=tables.timezone,
        shift_days=shift_days,
        lookup=lookup,
        user_ids=user_ids,
        added_up=tables.added_up,
    )


def _columns(tables: Tables, sql: str, params: Any) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = tables.con.execute(sql, dict(params)).fetchnumpy()
    return columns
