"""On which days users did an event whose properties fit, from the single events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lake.tables import Tables
from .binds import Binds
from .comparisons import Condition
from .conditions import property_holds
from .goal_event import GoalEvent


def filtered_days(
    tables: Tables, code: int, entries: Sequence[GoalEvent], last_day: int
) -> dict[str, NDArray[Any]]:
    """`uh` int64, `day` and `n` int32, sorted by user, then day: how many events with the code
    `code` fit at least one of `entries` (all of one name), up to and including `last_day`.

    An event that fits several entries counts once. One pass over the tables' single events.
    """
    binds = Binds()
    fits = " OR ".join(f"({_all_hold(entry, binds)})" for entry in entries)
    sql = (
        "SELECT uh, day, CAST(COUNT(*) AS INTEGER) AS n FROM events "
        f"WHERE event = {binds.bind(code)} AND day <= {binds.bind(last_day)} "
        # A comparison with a missing property is NULL, which is not true.
        f"AND CASE WHEN {fits} THEN 1 ELSE 0 END = 1 GROUP BY uh, day ORDER BY uh, day"
    )
    found = tables.con.execute(sql, binds.used_in(sql)).fetchnumpy()
    return {
        "uh": np.asarray(found["uh"], np.int64),
        "day": np.asarray(found["day"], np.int32),
        "n": np.asarray(found["n"], np.int32),
    }


def property_seen(tables: Tables, code: int, name: str) -> bool:
    """Whether any event with this code ever had the property; reads until it finds one."""
    binds = Binds()
    holds = property_holds(Condition.model_validate({"property": name, "exists": True}), binds)
    sql = f"SELECT 1 FROM events WHERE event = {binds.bind(code)} AND {holds} LIMIT 1"
    return bool(tables.con.execute(sql, binds.used_in(sql)).fetchall())


def properties_of(tables: Tables, code: int) -> list[str]:
    """The names of all properties of events with this code, ascending."""
    rows = tables.con.execute(
        "SELECT DISTINCT unnest(json_keys(properties)) AS name FROM events WHERE event = $1 "
        "ORDER BY name",
        [code],
    ).fetchall()
    return [name for (name,) in rows]


def _all_hold(entry: GoalEvent, binds: Binds) -> str:
    conditions = [Condition.model_validate(condition) for condition in entry.where]
    return " AND ".join(property_holds(condition, binds) for condition in conditions) or "1 = 1"
