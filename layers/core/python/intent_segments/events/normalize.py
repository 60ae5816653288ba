"""From a staged events file to canonical rows: one shape, whatever the file looked like.

A canonical row: uh BIGINT, user_id VARCHAR, event VARCHAR (its name), ts BIGINT (epoch µs, UTC),
day INTEGER (the account's local day), properties VARCHAR (JSON object), mid BIGINT.

Properties come from the column `properties` (JSON text, a struct or a map; nulls inside a struct
are dropped) and from every further flat column that is not user_id, event, ts, properties or
message_id; where both name a key, `properties` wins. Further columns that are lists, structs or
bytes are left out with a warning.

`mid` recognises an event that was loaded before (`keys.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from pathlib import Path

import duckdb

from ..errors import InvalidFile
from ..lake.calendar import from_day, parse_timezone, to_day
from ..lake.tables import literal
from .cells import fitting_sql, properties_sql, text_sql
from .files import Source, reading
from .keys import key_rows, within_days
from .limits import MAX_ID_BYTES, MAX_PROPERTIES_BYTES, PIECE_ROW_BYTES
from .rejected import reject_rows
from .staging import Staged, drop, stage_events
from .timestamps import EARLIEST, INSTANTS, LATEST, TsRule, shown_instant, ts_rule

MAX_EVENT_NAMES = 5_000
"""Event names are columns of every model and keys of the catalogue; an id does not belong there."""

REASONS = {
    "malformed": "a line cannot be parsed",
    "too_long": "user_id, event, ts or message_id has more than "
    f"{MAX_ID_BYTES:,} bytes, or the texts of a row more than {MAX_PROPERTIES_BYTES:,}",
    "no_user_id": "user_id is missing",
    "no_event": "event is missing",
    "nul_byte": "user_id or event holds a NUL byte",
    "no_ts": "ts is missing",
    "unreadable_ts": "ts cannot be read as a time",
    "ts_out_of_range": f"ts is not between {from_day(0)} and 2099-12-31",
    "erased_user": "of users who were erased, dated up to the day of the request",
}


@dataclass(frozen=True)
class SetAside:
    """Rows that were not loaded for one reason: how many, and one of them in words."""

    count: int
    example: str


@dataclass
class Normalized:
    """What became of the rows of a file, or of one piece of it; `table` is the temporary table of
    canonical rows.

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


@dataclass(frozen=True)
class Reading:
    """How a file is read. `timezone` is the IANA zone whose days count; `since` and `until` keep
    those local days, both included. Without `keyed`, mid is NULL in a file that has no message_id:
    half the time, for a file that no other is compared with. Rows that are set aside are appended
    to `rejected`, JSON lines, gzipped, if given.
    """

    timezone: str = "UTC"
    since: date | None = None
    until: date | None = None
    keyed: bool = True
    rejected: Path | None = None

    @property
    def days(self) -> list[int]:
        """First and last day to keep, as day numbers."""
        return [to_day(self.since or date.min), to_day(self.until or date.max)]


def normalize(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    timezone: str = "UTC",
    since: date | None = None,
    until: date | None = None,
    table: str = "canonical",
    keyed: bool = True,
) -> Normalized:
    """Create the temporary `table` of canonical rows of the whole events file `source`.

    `con` comes from `lake.tables.connect`; for the rest see `Reading`, for errors `pieces`.
    """
    (only,) = pieces(con, source, Reading(timezone, since, until, keyed), table)
    if only.broken_properties:
        only.warnings.append(broken_warning(only.broken_properties))
    return only


def pieces(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    how: Reading,
    table: str = "canonical",
    piece_rows: int | None = None,
) -> Iterator[Normalized]:
    """Canonical rows of a file, about `piece_rows` at a time, in `table` made anew each time.

    A piece holds some users with all of their rows, so pieces need not know of each other; types of
    columns and the unit of ts are decided by the file as a whole.

    Raises InvalidFile when the file is malformed, a column has an impossible type or no row at all
    can be used; InvalidInput for an unknown time zone.
    """
    parse_timezone(how.timezone)
    staged = stage_events(con, source, "staged_events")
    try:
        with reading(source):
            rule = ts_rule(con, staged.table, staged.columns["ts"], source.name)
            (rows,) = _row(con, f"SELECT count(*) FROM {staged.table}")
        number = 1
        if piece_rows is not None:
            wanted = max(rows / piece_rows, source.bytes / (piece_rows * PIECE_ROW_BYTES))
            number = max(1, ceil(wanted))
        yield from _Pieces(con, source, how, staged, rule, table, number).each()
    finally:
        with suppress(duckdb.Error):  # what is under way says more
            drop(con, staged.table)


def broken_warning(rows: int) -> str:
    """What a report says of rows whose properties could not be read."""
    return f"{rows:,} rows have properties that are not a JSON object: loaded with {{}}."


@dataclass
class _Pieces:
    con: duckdb.DuckDBPyConnection
    source: Source
    how: Reading
    staged: Staged
    rule: TsRule
    table: str
    number: int

    def each(self) -> Iterator[Normalized]:
        read = 0
        aside: dict[str, SetAside] = {}
        for piece in range(self.number):
            found = self._piece(piece)
            read += found.rows_read
            aside = merged(aside, found.set_aside)
            if piece == self.number - 1 and sum(a.count for a in aside.values()) == read:
                raise InvalidFile(
                    f"{self.source.name}: none of its {read:,} rows can be used: "
                    + "; ".join(
                        f"{REASONS[k]} ({a.count:,} rows; {a.example})" for k, a in aside.items()
                    )
                    + ". Mend the columns and load it again."
                )
            yield found

    def _piece(self, piece: int) -> Normalized:
        con, how, table = self.con, self.how, self.table
        where = f"hash(user_id) % {self.number} = {piece}" if self.number > 1 else "true"
        warnings = _parse(con, self.source, self.staged, self.rule.sql, how.timezone, where)
        rows, broken, early, late = _row(
            con,
            """SELECT count(*), count_if(broken), count_if(coalesce(day < ?, false)),
                count_if(coalesce(day > ?, false))
            FROM parsed_events""",
            how.days,
        )
        aside = _set_aside(con)
        unusable = sum(a.count for a in aside.values())
        malformed = self.staged.malformed if piece == 0 else None
        if how.rejected is not None:
            reject_rows(con, how.rejected, unusable + broken, malformed)
        with reading(self.source):
            if how.keyed or "message_id" in self.staged.columns:
                key_rows(con, how.days, table)
            else:
                within_days(con, how.days, table, "NULL::BIGINT AS mid")
            con.execute("DROP TABLE parsed_events")
        kept, names = _row(con, f"SELECT count(*), count(DISTINCT event) FROM {table}")
        if names > MAX_EVENT_NAMES:
            raise InvalidFile(
                f"{self.source.name} has {names:,} different event names, the limit is "
                f"{MAX_EVENT_NAMES:,}: keep the kind of event in event and put what varies into "
                "properties."
            )
        repeated = rows - kept - early - late - unusable
        if malformed:
            rows += malformed.count
            aside = {"malformed": SetAside(malformed.count, f"such as {malformed.first}"), **aside}
        notes = [self.rule.said]
        return Normalized(table, rows, aside, repeated, early, late, broken, notes, warnings)


def _row(con: duckdb.DuckDBPyConnection, sql: str, values: list[int] | None = None) -> tuple:
    return con.execute(sql, values).fetchone() or ()


def _parse(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    staged: Staged,
    micros: str,
    timezone: str,
    where: str,
) -> list[str]:
    """Create `parsed_events`: every row of the piece, with `reason` where it cannot be used."""
    properties, warnings = properties_sql(source, staged)
    message_id = "NULL::VARCHAR"
    if "message_id" in staged.columns:
        message_id = f"nullif({text_sql(source, staged, 'message_id')}, '')"
    ts = "nullif(trim(ts), '')" if staged.columns["ts"] == "VARCHAR" else "ts"
    if staged.columns["ts"] in INSTANTS:
        ts = f"CASE WHEN ts IS NOT NULL THEN coalesce({shown_instant('ts')}, 'beyond dates') END"
    day = "CAST(make_timestamp(ts) AS DATE)"
    if timezone != "UTC":
        day = f"CAST(make_timestamptz(ts) AT TIME ZONE {literal(timezone)} AS DATE)"
    with reading(source):
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE parsed_events AS
            WITH fitting AS ({fitting_sql(staged, where)}), cells AS (
                SELECT {text_sql(source, staged, "user_id")} AS user_id,
                    {text_sql(source, staged, "event")} AS event,
                    {message_id} AS message_id, {micros} AS ts, {ts} AS given,
                    {properties}, too_long_
                FROM fitting
            ), judged AS (
                SELECT *, CASE
                    WHEN too_long_ THEN 'too_long'
                    WHEN coalesce(trim(user_id), '') = '' THEN 'no_user_id'
                    WHEN coalesce(trim(event), '') = '' THEN 'no_event'
                    WHEN contains(user_id, chr(0)) OR contains(event, chr(0)) THEN 'nul_byte'
                    WHEN given IS NULL THEN 'no_ts'
                    WHEN ts IS NULL THEN 'unreadable_ts'
                    WHEN ts < {EARLIEST} OR ts >= {LATEST} THEN 'ts_out_of_range' END AS reason
                FROM cells
            )
            SELECT user_id, event, message_id, ts, properties, reason,
                broken AND reason IS NULL AS broken,
                CASE WHEN broken THEN raw END AS raw,
                CASE WHEN broken OR reason IS NOT NULL THEN CAST(given AS VARCHAR) END AS said,
                CASE WHEN reason IS NULL THEN CAST({day} - DATE '1970-01-01' AS INTEGER) END AS day
            FROM judged"""
        )
    return warnings


def merged(one: Mapping[str, SetAside], two: Mapping[str, SetAside]) -> dict[str, SetAside]:
    """Counts of two pieces added up, in the order of REASONS, with the first one's examples."""
    total = {reason: SetAside(aside.count, aside.example) for reason, aside in one.items()}
    for reason, aside in two.items():
        known = total.get(reason)
        total[reason] = (
            aside if known is None else SetAside(known.count + aside.count, known.example)
        )
    return {reason: total[reason] for reason in REASONS if reason in total}


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
