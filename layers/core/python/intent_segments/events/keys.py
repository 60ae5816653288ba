"""By what an event is recognised that was loaded before: its user hash and its `mid`.

`mid` recognises an event that was loaded before: a hash of message_id or, without one, of
(user_id, event, ts, properties, ordinal among identical rows of the file). So a file loaded twice
adds nothing, and two identical rows in one file stay two events.
"""

from __future__ import annotations

import duckdb

from ..lake.layout import HASH_SQL


def within_days(con: duckdb.DuckDBPyConnection, days: list[int], table: str, more: str) -> None:
    """Create `table` of the usable rows of the days, with uh and the columns `more`."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT {HASH_SQL.format(id="user_id")} AS uh, user_id, event, ts, day, properties, {more}
        FROM parsed_events WHERE reason IS NULL AND day >= ? AND day <= ?""",
        days,
    )


def key_rows(con: duckdb.DuckDBPyConnection, days: list[int], table: str) -> None:
    """Create `table` from `parsed_events`: within the days, each (uh, mid) once."""
    content = "concat_ws(chr(31), user_id, event, ts, properties)"
    named = f"CASE WHEN message_id IS NULL THEN 'r' || {content} ELSE 'm' || message_id END"
    mid = f"message_id IS NOT NULL AS named, {HASH_SQL.format(id=f'({named})')} AS mid"
    within_days(con, days, "keyed_events", mid)
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
