"""How the parts of a table become one table: the same SQL for reading and for compaction.

| table    | rows of several parts                                                            |
| -------- | -------------------------------------------------------------------------------- |
| events   | side by side: the import lets no event in twice                                   |
| activity | n added up by user, event and day                                                 |
| users    | earliest first_day and profile_day, a profile if any part has one                 |
| profiles | by user, property and day the newest part wins, undated values among themselves   |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .tables import ALWAYS, literal

STORED = {
    "events": {
        "event": "INTEGER",
        "uh": "BIGINT",
        "ts": "BIGINT",
        "day": "INTEGER",
        "properties": "VARCHAR",
        "mid": "BIGINT",
    },
    "activity": {"uh": "BIGINT", "event": "INTEGER", "day": "INTEGER", "n": "INTEGER"},
    "users": {
        "uh": "BIGINT",
        "user_id": "VARCHAR",
        "first_day": "INTEGER",
        "profile_day": "INTEGER",
        "has_profile": "BOOLEAN",
    },
    "profiles": {
        "uh": "BIGINT",
        "property": "VARCHAR",
        "kind": "VARCHAR",
        "text": "VARCHAR",
        "number": "DOUBLE",
        "valid_from": "INTEGER",
    },
}
"""Columns of the files of each table."""

ORDER = {
    "events": "event, ts, uh, mid",
    "activity": "uh, event, day",
    "users": "uh",
    "profiles": "uh, property, valid_from NULLS FIRST",
}
"""How the rows of a file are sorted; a total order, so equal content gives equal files."""

ENTRY_DAY = f"CASE WHEN first_day IS NULL THEN {ALWAYS} ELSE least(first_day, profile_day) END"
"""`entry_day` of `tables.py` from first_day and profile_day (least passes over NULL)."""


def rows_of(table: str, parts: Sequence[Sequence[Path]]) -> str:
    """SQL for the rows of a table from the files of its parts, oldest part first.

    Columns are those of STORED, each part's rows unique in their key already.
    """
    held = [files for files in parts if files]
    columns = ", ".join(STORED[table])
    if not held:
        typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in STORED[table].items())
        return f"SELECT {typed} WHERE false"
    everything = [path for files in held for path in files]
    if len(held) == 1 or table == "events":
        return f"SELECT {columns} FROM {_files(everything)}"
    if table == "activity":
        return _added_up(held)
    if table == "users":
        return (
            "SELECT uh, min(user_id) AS user_id, min(first_day) AS first_day, "
            "min(profile_day) AS profile_day, bool_or(has_profile) AS has_profile "
            f"FROM {_files(everything)} GROUP BY uh"
        )
    ranked = " UNION ALL ".join(
        f"SELECT {columns}, {age} AS age FROM {_files(files)}" for age, files in enumerate(held)
    )
    return (
        f"SELECT {columns} FROM (SELECT *, row_number() OVER "
        "(PARTITION BY uh, property, valid_from ORDER BY age DESC) AS rank "
        f"FROM ({ranked})) WHERE rank = 1"
    )


def side_by_side(table: str, parts: Sequence[Sequence[Path]]) -> str:
    """SQL for the rows of all parts as they are: those of one key may be several."""
    everything = [path for files in parts for path in files]
    return rows_of(table, [everything])


def placed_traits(traits: str, users: str) -> str:
    """SQL for `profiles` of `tables.py` from stored traits and a table with uh and first_day.

    An undated value enters with its user's first event, or has always held without one; where a
    dated value starts on that very day, the dated one counts.
    """
    return f"""WITH t AS (SELECT * FROM {traits})
        SELECT uh, property, kind, text, number, valid_from, true AS dated
        FROM t WHERE valid_from IS NOT NULL
        UNION ALL
        SELECT uh, property, kind, text, number, placed AS valid_from, false AS dated
        FROM (
            SELECT t.*, coalesce(u.first_day, {ALWAYS}) AS placed
            FROM t LEFT JOIN {users} u ON u.uh = t.uh WHERE t.valid_from IS NULL) undated
        WHERE NOT EXISTS (
            SELECT 1 FROM t d WHERE d.uh = undated.uh AND d.property = undated.property
            AND d.valid_from = undated.placed)"""


def _added_up(parts: Sequence[Sequence[Path]]) -> str:
    """SQL for `activity`: n added up by user, event and day.

    Only a user and a day that several parts have can have rows to add up. Parts of one import
    share few users, those of neighbouring nights few days; to pass the other rows on is ten times
    as fast as to group them.
    """
    rows = _files([path for files in parts for path in files])
    several = {
        column: "SELECT {0} FROM ({1}) GROUP BY {0} HAVING count(*) > 1".format(
            column,
            " UNION ALL ".join(f"SELECT DISTINCT {column} FROM {_files(files)}" for files in parts),
        )
        for column in ("uh", "day")
    }
    both = f"uh IN ({several['uh']}) AND day IN ({several['day']})"
    return (
        f"SELECT uh, event, day, n FROM {rows} WHERE NOT ({both}) "
        "UNION ALL SELECT uh, event, day, CAST(sum(n) AS INTEGER) AS n "
        f"FROM {rows} WHERE {both} GROUP BY uh, event, day"
    )


def _files(paths: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"
