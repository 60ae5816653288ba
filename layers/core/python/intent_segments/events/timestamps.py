"""One instant per event, whatever a file calls time: SQL that gives epoch microseconds, UTC.

| a file's ts                  | how it is read                                             |
| ---------------------------- | ---------------------------------------------------------- |
| timestamp, any unit          | as it is; without a time zone it is UTC                    |
| date                         | midnight UTC                                               |
| ISO 8601 text                | with `Z` or an offset as said, without one UTC             |
| integer, decimal, digit text | epoch; the median decides the unit once per file, `unit_of` |
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ..errors import InvalidFile

EARLIEST = 0
"""1970-01-01: product events are younger; an older ts is a sentinel or a wrong unit."""
LATEST = 4_102_444_800_000_000
"""2100-01-01, epoch µs: a ts from there on is a sentinel or a wrong unit."""

INTEGERS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
}
FLOATS = {"FLOAT", "DOUBLE"}
INSTANTS = {
    *("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    *("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE"),
}
TEXT = {"VARCHAR", "JSON", '"NULL"'}
"""DuckDB type names; a column of nulls alone has the type "NULL" and is read as text."""


@dataclass(frozen=True)
class TsRule:
    """`sql`: BIGINT epoch µs, NULL where the value cannot be read; `said`: the rule in words."""

    sql: str
    said: str


def unit_of(median: float) -> tuple[str, int, int]:
    """(name, multiplier, divisor to µs) of epoch numbers whose absolute median is `median`.

    The bounds are one instant, in the year 5138: 1e11 s, 1e14 ms, 1e17 µs.
    """
    if median < 1e11:
        return "seconds", 1_000_000, 1
    if median < 1e14:
        return "milliseconds", 1_000, 1
    if median < 1e17:
        return "microseconds", 1, 1
    return "nanoseconds", 1, 1_000


def instant_micros(column: str, kind: str) -> str:
    """Epoch µs of a date or timestamp column of the DuckDB type `kind`, NULL beyond their range."""
    target = "TIMESTAMPTZ" if "TIME ZONE" in kind or "TZ" in kind else "TIMESTAMP"
    # TRY: a date of the year 5,877,642 has no epoch µs, and infinity is no instant.
    instant = f"TRY_CAST({column} AS {target})"
    return f"CASE WHEN isfinite({instant}) THEN epoch_us({instant}) END"


def shown_instant(column: str) -> str:
    """ISO 8601 text of a date or timestamp, NULL outside the years 1 to 9999.

    DuckDB fails for good (its connection too) on writing an instant that lies beyond its calendar.
    """
    instant = f"TRY_CAST({column} AS TIMESTAMP)"
    low, high = -62_135_596_800_000_000, 253_402_300_800_000_000
    inside = (
        f"isfinite({instant}) AND epoch_us({instant}) >= {low} AND epoch_us({instant}) < {high}"
    )
    return f"CASE WHEN {inside} THEN strftime({instant}, '%Y-%m-%dT%H:%M:%S.%fZ') END"


def text_micros(column: str) -> str:
    """Epoch µs of ISO 8601 text, NULL when it is not. The session's time zone must be UTC."""
    # DuckDB also takes words such as 'epoch' and 'infinity' for instants; ISO starts with a digit.
    return (
        f"CASE WHEN trim({column}) SIMILAR TO '[0-9].*' "
        f"THEN epoch_us(TRY_CAST(trim({column}) AS TIMESTAMPTZ)) END"
    )


def ts_rule(con: duckdb.DuckDBPyConnection, table: str, kind: str, name: str) -> TsRule:
    """How the column `ts` (DuckDB type `kind`) of the staged `table` is read; `name` is the file.

    Raises InvalidFile for a type that holds no time.
    """
    if kind in INSTANTS:
        zone = "" if "TIME ZONE" in kind or "TZ" in kind else ", taken as UTC"
        return TsRule(instant_micros("ts", kind), f"ts is a {kind.lower()}{zone}")
    if kind in INTEGERS or kind in FLOATS or kind.startswith("DECIMAL"):
        number = "TRY_CAST(ts AS DECIMAL(28,6))"
    elif kind in TEXT:
        number = "TRY_CAST(CASE WHEN ts SIMILAR TO ' *-?[0-9.]+ *' THEN ts END AS DECIMAL(28,6))"
    else:
        raise InvalidFile(
            f"{name}: the column ts has the type {kind}; it must be a timestamp, a date, ISO 8601 "
            "text such as 2026-10-31T12:00:00Z, or an integer epoch: convert it."
        )
    found = con.execute(f"SELECT quantile_disc(abs({number}), 0.5) FROM {table}").fetchone()
    median = found[0] if found else None
    if median is None:
        return TsRule(text_micros("ts") if kind in TEXT else "NULL::BIGINT", "ts is ISO 8601 text")
    unit, times, over = unit_of(float(median))
    epoch = f"TRY_CAST(round({number} * {times} / {over}) AS BIGINT)"
    if times > 1:
        # In integers wherever they fit, so that no digit is lost.
        epoch = f"TRY_CAST({number} * {times} AS BIGINT)"
    said = f"ts numbers are epoch {unit} (their median is {int(median)})"
    return TsRule(f"COALESCE({epoch}, {text_micros('ts')})" if kind in TEXT else epoch, said)
