"""From a profiles file to traits in long form: one row per user, property and day.

A profiles file has the column user_id, one column per trait and, optionally, `valid_from` (date or
timestamp: the day from which the row's values hold). A trait row: uh BIGINT, user_id VARCHAR,
property VARCHAR, kind VARCHAR, text VARCHAR, number DOUBLE, valid_from INTEGER or NULL (undated).
`kind` and its value column are those of `lake/tables.py`. A null is no row: it neither sets nor
removes a trait. Of several values for one user, property and day the file's last one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from ..errors import InvalidFile
from ..lake.calendar import parse_timezone, to_day
from ..lake.layout import HASH_SQL
from ..lake.tables import identifier, literal
from .files import Source, reading
from .normalize import SetAside
from .rejected import append, reject
from .staging import Staged, drop, stage_profiles
from .text_files import SET_ASIDE
from .timestamps import FLOATS, INSTANTS, INTEGERS, instant_micros

NOT_TRAITS = ("user_id", "valid_from", SET_ASIDE)


@dataclass
class Traits:
    """What became of a profiles file; `table` holds the trait rows, `users_table` uh and user_id.

    A user whose traits are all null has no trait row and still is a user with a profile.
    """

    table: str
    users_table: str
    rows_read: int
    set_aside: dict[str, SetAside]
    properties: dict[str, str]
    warnings: list[str] = field(default_factory=list)


def normalize_profiles(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    timezone: str = "UTC",
    valid_from: date | None = None,
    table: str = "traits",
    rejected: Path | None = None,
) -> Traits:
    """Create the temporary tables of traits and of users of the profiles file `source`.

    `valid_from` dates the rows that the file does not date. Rows that are set aside are appended to
    `rejected`, JSON lines, gzipped, if given. Raises InvalidFile when the file is
    malformed, has no trait column, or no row with a user_id.
    """
    parse_timezone(timezone)
    staged = stage_profiles(con, source, "staged_profiles")
    try:
        return _long(con, source, staged, timezone, valid_from, table, rejected)
    finally:
        drop(con, staged.table)


def _long(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    staged: Staged,
    timezone: str,
    valid_from: date | None,
    table: str,
    rejected: Path | None,
) -> Traits:
    kinds, warnings = _trait_kinds(source, staged)
    with reading(source):
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE wide_profiles AS
            SELECT *, row_number() OVER () AS line_, CAST(user_id AS VARCHAR) AS user_id_,
                {_day(source, staged, timezone, valid_from)} AS day_
            FROM {staged.table}"""
        )
    rows, bad = con.execute(
        "SELECT count(*), count_if(coalesce(trim(user_id_), '') = '') FROM wide_profiles"
    ).fetchone() or (0, 0)
    if rows == bad:
        raise InvalidFile(
            f"{source.name}: none of its {rows:,} rows has a user_id: fill the column and load it "
            "again."
        )
    if rejected is not None and staged.malformed:
        append(staged.malformed.path, rejected)
    if rejected is not None and bad:
        reject(
            con,
            f"""SELECT 'no_user_id' AS {SET_ASIDE}, * EXCLUDE (line_, user_id_, day_)
            FROM wide_profiles WHERE coalesce(trim(user_id_), '') = ''""",
            rejected,
        )
    con.execute("DELETE FROM wide_profiles WHERE coalesce(trim(user_id_), '') = ''")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {table}_users AS
        SELECT {HASH_SQL.format(id="user_id_")} AS uh, min(user_id_) AS user_id,
            min(day_) AS profile_day
        FROM wide_profiles GROUP BY ALL"""
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} (uh BIGINT, user_id VARCHAR, property VARCHAR, "
        "kind VARCHAR, text VARCHAR, number DOUBLE, valid_from INTEGER)"
    )
    for column, kind in kinds.items():
        text, number = _value(column, kind, staged.columns[column])
        con.execute(
            f"""INSERT INTO {table}
            SELECT {HASH_SQL.format(id="user_id_")}, user_id_, {literal(column)}, {literal(kind)},
                text, number, day_
            FROM (SELECT user_id_, day_, line_, {text} AS text, {number} AS number
                FROM wide_profiles)
            WHERE text IS NOT NULL OR number IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY user_id_, day_ ORDER BY line_ DESC) = 1"""
        )
    con.execute("DROP TABLE wide_profiles")
    aside = {}
    if staged.malformed:
        rows += staged.malformed.count
        aside["malformed"] = SetAside(staged.malformed.count, f"such as {staged.malformed.first}")
    if bad:
        aside["no_user_id"] = SetAside(bad, "such as a row whose user_id is empty")
    return Traits(table, f"{table}_users", rows, aside, kinds, warnings)


def _trait_kinds(source: Source, staged: Staged) -> tuple[dict[str, str], list[str]]:
    if staged.columns["user_id"] not in ("VARCHAR", *INTEGERS) and not staged.columns[
        "user_id"
    ].startswith(("UUID", "ENUM")):
        raise InvalidFile(
            f"{source.name}: the column user_id has the type {staged.columns['user_id']}; it must "
            "be text or whole numbers: convert it when exporting."
        )
    kinds, left_out = {}, []
    for column, type_ in staged.columns.items():
        if column in NOT_TRAITS or type_ == '"NULL"':
            continue
        kind = _kind(type_)
        if kind is None:
            left_out.append(f"{column} ({type_.split('(')[0].lower()})")
        else:
            kinds[column] = kind
    if not kinds:
        raise InvalidFile(
            f"{source.name} has no trait column beside user_id: add columns such as city or plan."
        )
    warnings = []
    if left_out:
        warnings.append(
            f"Columns left out because they are not flat: {', '.join(left_out)}. Give each trait "
            "its own column."
        )
    return kinds, warnings


def _kind(type_: str) -> str | None:
    if type_ in INTEGERS or type_ in FLOATS or type_.startswith("DECIMAL"):
        return "number"
    if type_ == "BOOLEAN":
        return "boolean"
    if type_ in INSTANTS:
        return "timestamp"
    if type_ == "VARCHAR" or type_.startswith(("ENUM", "UUID")):
        return "string"
    return None


def _value(column: str, kind: str, type_: str) -> tuple[str, str]:
    """SQL for (text, number) of a trait; both NULL where there is no value."""
    name = identifier(column)
    if kind == "string":
        return f"nullif(CAST({name} AS VARCHAR), '')", "NULL::DOUBLE"
    if kind == "timestamp":
        number = f"CAST({instant_micros(name, type_)} AS DOUBLE)"
    elif kind == "boolean":
        number = f"CASE WHEN {name} THEN 1.0 WHEN NOT {name} THEN 0.0 END"
    else:
        number = f"CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
    return "NULL::VARCHAR", number


def _day(source: Source, staged: Staged, timezone: str, valid_from: date | None) -> str:
    """SQL for the INTEGER local day from which a row holds, NULL when nothing dates it."""
    fallback = f"{to_day(valid_from)}::INTEGER" if valid_from else "NULL::INTEGER"
    type_ = staged.columns.get("valid_from", '"NULL"')
    if type_ == '"NULL"':
        return fallback
    if type_ not in INSTANTS:
        raise InvalidFile(
            f"{source.name}: the column valid_from has the type {type_}; it must be a date such as "
            "2026-10-31 in every row or empty: mend it, or drop the column."
        )
    # A calendar date, and midnight without a zone, already mean the account's own day.
    local = "TRY_CAST(valid_from AS DATE)"
    if "TIME ZONE" in type_ or "TZ" in type_:
        instant = "TRY_CAST(valid_from AS TIMESTAMPTZ)"
        local = f"TRY_CAST({instant} AT TIME ZONE {literal(timezone)} AS DATE)"
    return f"coalesce(CAST({local} - DATE '1970-01-01' AS INTEGER), {fallback})"
