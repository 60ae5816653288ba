"""From a staged events file to canonical rows: one shape, whatever the file looked like.

A canonical row: uh BIGINT, user_id VARCHAR, event VARCHAR (its name), ts BIGINT (epoch µs, UTC),
day INTEGER (the account's local day), properties VARCHAR (JSON object), mid BIGINT.

Properties come from the column `properties` (JSON text, a struct or a map; nulls inside a struct
are dropped) and from every further flat column that is not user_id, event, ts, properties or
message_id; where both name a key, `properties` wins. Further columns that are lists, structs or
bytes are left out with a warning.

`mid` recognises an event that was loaded before: a hash of message_id or, without one, of
(user_id, event, ts, properties, ordinal among identical rows of the file). So a file loaded twice
adds nothing, and two identical rows in one file stay two events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb

from ..errors import InvalidFile
from ..lake.calendar import from_day, parse_timezone, to_day
from ..lake.layout import HASH_SQL
from ..lake.tables import identifier, literal
from .files import Source, reading
from .staging import RESERVED, Staged, drop, scalar_json, stage_events
from .timestamps import EARLIEST, INTEGERS, LATEST, ts_rule

MAX_EVENT_NAMES = 5_000
"""Event names are columns of every model and keys of the catalogue; an id does not belong there."""

REASONS = {
    "no_user_id": "user_id is missing",
    "no_event": "event is missing",
    "no_ts": "ts is missing",
    "unreadable_ts": "ts cannot be read as a time",
    "ts_out_of_range": f"ts is not between {from_day(0)} and 2099-12-31",
}


@dataclass(frozen=True)
class SetAside:
    """Rows that were not loaded for one reason: how many, and one of them in words."""

    count: int
    example: str


@dataclass
class Normalized:
    """What became of a file's rows; `table` is the temporary table of canonical rows.

    rows_read = rows in `table` + set aside + repeated_ids + before_since + after_until.
    """

    table: str
    rows_read: int
    set_aside: dict[str, SetAside]
    repeated_ids: int
    before_since: int
    after_until: int
    broken_properties: int
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def normalize(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    timezone: str = "UTC",
    since: date | None = None,
    until: date | None = None,
    table: str = "canonical",
    keyed: bool = True,
) -> Normalized:
    """Create the temporary `table` of canonical rows of the events file `source`.

    `con` comes from `lake.tables.connect`. `timezone` is the IANA zone whose days count; `since`
    and `until` keep those local days, both included. Without `keyed`, mid is NULL in a file that
    has no message_id: half the time, for a file that no other is compared with.

    Raises InvalidFile when the file is malformed, a column has an impossible type or no row at all
    can be used; InvalidInput for an unknown time zone.
    """
    parse_timezone(timezone)
    staged = stage_events(con, source, "staged_events")
    try:
        rule = ts_rule(con, staged.table, staged.columns["ts"], source.name)
        warnings = _parse(con, source, staged, rule.sql, timezone)
    finally:
        drop(con, staged.table)
    rows, broken = _row(con, "SELECT count(*), count_if(broken) FROM parsed_events")
    aside = _set_aside(con)
    if sum(a.count for a in aside.values()) == rows:
        raise InvalidFile(
            f"{source.name}: none of its {rows:,} rows can be used: "
            + "; ".join(f"{REASONS[k]} ({a.count:,} rows; {a.example})" for k, a in aside.items())
            + ". Mend the columns and load it again."
        )
    early, late = _row(
        con,
        "SELECT count_if(day < ?), count_if(day > ?) FROM parsed_events WHERE reason IS NULL",
        [to_day(since or date.min), to_day(until or date.max)],
    )
    if keyed or "message_id" in staged.columns:
        _key_rows(con, since, until, table)
    else:
        _within_days(con, since, until, table, "NULL::BIGINT AS mid")
    con.execute("DROP TABLE parsed_events")
    kept, names = _row(con, f"SELECT count(*), count(DISTINCT event) FROM {table}")
    if names > MAX_EVENT_NAMES:
        raise InvalidFile(
            f"{source.name} has {names:,} different event names, the limit is {MAX_EVENT_NAMES:,}: "
            "keep the kind of event in event and put what varies into properties."
        )
    if broken:
        warnings.append(
            f"{broken:,} rows have properties that are not a JSON object: loaded with {{}}."
        )
    repeated = rows - kept - early - late - sum(a.count for a in aside.values())
    return Normalized(table, rows, aside, repeated, early, late, broken, [rule.said], warnings)


def _row(con: duckdb.DuckDBPyConnection, sql: str, values: list[int] | None = None) -> tuple:
    return con.execute(sql, values).fetchone() or ()


def _parse(
    con: duckdb.DuckDBPyConnection, source: Source, staged: Staged, micros: str, timezone: str
) -> list[str]:
    """Create `parsed_events`: every row of the file, with `reason` where it cannot be used."""
    properties, warnings = _properties(source, staged)
    message_id = "NULL::VARCHAR"
    if "message_id" in staged.columns:
        message_id = f"nullif({_text(source, staged, 'message_id')}, '')"
    ts = "nullif(trim(ts), '')" if staged.columns["ts"] == "VARCHAR" else "ts"
    day = "CAST(make_timestamp(ts) AS DATE)"
    if timezone != "UTC":
        day = f"CAST(make_timestamptz(ts) AT TIME ZONE {literal(timezone)} AS DATE)"
    with reading(source):
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE parsed_events AS
            WITH cells AS (
                SELECT {_text(source, staged, "user_id")} AS user_id,
                    {_text(source, staged, "event")} AS event,
                    {message_id} AS message_id, {micros} AS ts, {ts} AS given,
                    {properties}
                FROM {staged.table}
            ), judged AS (
                SELECT *, CASE
                    WHEN coalesce(trim(user_id), '') = '' THEN 'no_user_id'
                    WHEN coalesce(trim(event), '') = '' THEN 'no_event'
                    WHEN given IS NULL THEN 'no_ts'
                    WHEN ts IS NULL THEN 'unreadable_ts'
                    WHEN ts < {EARLIEST} OR ts >= {LATEST} THEN 'ts_out_of_range' END AS reason
                FROM cells
            )
            SELECT user_id, event, message_id, ts, properties, broken, reason,
                CASE WHEN reason IS NOT NULL THEN CAST(given AS VARCHAR) END AS said,
                CASE WHEN reason IS NULL THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END AS day
            FROM judged"""
        )
    return warnings


def _text(source: Source, staged: Staged, column: str) -> str:
    """SQL for an id or a name as text. Raises InvalidFile for a type that is neither."""
    kind = staged.columns[column]
    numbers = column != "event" and kind in INTEGERS
    if numbers or kind in ("VARCHAR", '"NULL"') or kind.startswith(("UUID", "ENUM")):
        return column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    raise InvalidFile(
        f"{source.name}: the column {column} has the type {kind}; it must be text"
        f"{'' if column == 'event' else ' or whole numbers'}: convert it when exporting."
    )


def _properties(source: Source, staged: Staged) -> tuple[str, list[str]]:
    """SQL for the columns `properties` and `broken`, and warnings about columns left out."""
    kind = staged.columns.get("properties", '"NULL"')
    own, broken = "NULL::JSON", "false"
    if kind == "VARCHAR" or kind == "JSON":
        parsed = "TRY_CAST(nullif(trim(CAST(properties AS VARCHAR)), '') AS JSON)"
        own = f"CASE WHEN json_type({parsed}) = 'OBJECT' THEN json({parsed}) END"
        broken = (
            "coalesce(trim(CAST(properties AS VARCHAR)), '') <> '' "
            f"AND coalesce(json_type({parsed}), 'BROKEN') NOT IN ('OBJECT', 'NULL')"
        )
    elif kind.startswith(("STRUCT", "MAP")):
        own = "json_merge_patch('{}', to_json(properties))"
    elif kind != '"NULL"':
        raise InvalidFile(
            f"{source.name}: the column properties has the type {kind}; it must be JSON text or a "
            "struct: convert it, or rename it so that it becomes a property."
        )
    pairs, left_out = [], []
    for column, type_ in staged.columns.items():
        if column in RESERVED or column == staged.extras or type_ == '"NULL"':
            continue
        value = scalar_json(column, type_)
        if value is None:
            left_out.append(f"{column} ({type_.split('(')[0].lower()})")
        else:
            pairs.append(f"{identifier(column)} := {value}")
    extras = identifier(staged.extras) if staged.extras else None
    if pairs:
        extras = f"to_json(struct_pack({', '.join(pairs)}))"
    if extras:
        # A merge patch drops nulls, and its second argument wins (RFC 7396).
        own = f"json_merge_patch(json_merge_patch('{{}}', {extras}), coalesce({own}, '{{}}'))"
    warnings = []
    if left_out:
        warnings.append(
            f"Columns left out because they are not flat: {', '.join(left_out)}. Put them inside "
            "properties to keep them."
        )
    text = f"coalesce(CAST({own} AS VARCHAR), '{{}}')"
    return f"{text} AS properties, {broken} AS broken", warnings


def _set_aside(con: duckdb.DuckDBPyConnection) -> dict[str, SetAside]:
    """Unusable rows by reason, in the order of REASONS. Examples never show a user id."""
    rows = con.execute(
        """SELECT reason, count(*), min(coalesce(event, '')), min(coalesce(said, ''))
        FROM parsed_events WHERE reason IS NOT NULL GROUP BY reason"""
    ).fetchall()
    found = {}
    for reason, count, event, ts in rows:
        shown = f"ts {ts[:60]!r}" if reason != "no_ts" else f"event {event[:60]!r}"
        found[reason] = SetAside(count, f"such as {shown}")
    return {reason: found[reason] for reason in REASONS if reason in found}


def _within_days(
    con: duckdb.DuckDBPyConnection, since: date | None, until: date | None, table: str, more: str
) -> None:
    """Create `table` of the usable rows of the days, with uh and the columns `more`."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {HASH_SQL.format(id="user_id")} AS uh, user_id, event, ts, day, properties, {more}
        FROM parsed_events WHERE reason IS NULL AND day >= ? AND day <= ?""",
        [to_day(since or date.min), to_day(until or date.max)],
    )


def _key_rows(
    con: duckdb.DuckDBPyConnection, since: date | None, until: date | None, table: str
) -> None:
    """Create `table` from `parsed_events`: within the days, each (uh, mid) once."""
    content = "concat_ws(chr(31), user_id, event, ts, properties)"
    named = f"CASE WHEN message_id IS NULL THEN 'r' || {content} ELSE 'm' || message_id END"
    mid = f"message_id IS NOT NULL AS named, {HASH_SQL.format(id=f'({named})')} AS mid"
    _within_days(con, since, until, "keyed_events", mid)
    con.execute(
        """CREATE OR REPLACE TEMP TABLE repeated_events AS
        SELECT uh, mid FROM keyed_events GROUP BY uh, mid HAVING count(*) > 1"""
    )
    columns = "uh, user_id, event, ts, day, properties"
    # Only the repeated ones need an order; a window over every row would cost more than the rest.
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {columns}, mid FROM keyed_events k WHERE NOT EXISTS (
            SELECT 1 FROM repeated_events r WHERE r.uh = k.uh AND r.mid = k.mid)
        UNION ALL
        SELECT {columns}, CASE WHEN ordinal = 1 THEN mid
            ELSE {HASH_SQL.format(id="(mid || ':' || ordinal)")} END
        FROM (
            SELECT k.*, row_number() OVER (
                PARTITION BY k.uh, k.mid ORDER BY k.ts, k.event, k.properties) AS ordinal
            FROM keyed_events k JOIN repeated_events r ON r.uh = k.uh AND r.mid = k.mid)
        WHERE ordinal = 1 OR NOT named"""
    )
    con.execute("DROP TABLE keyed_events")
    con.execute("DROP TABLE repeated_events")
