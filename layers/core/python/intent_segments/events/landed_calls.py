"""Rows of calls that have landed (`calls/rows.py`) -> an events file and a profiles file to import.

Whoever acts under an anonymous id is a user of that id, until a call names the known user behind
it. From the day of that call on, whatever the anonymous id does is done by the known one. What it
did before stays where it is: on those days nobody knew, and a forecast of those days must not know.
The link is a trait of the anonymous user, so it has its day and lies in the lake like any other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..calls.spec import LINKED
from ..errors import InvalidFile
from ..lake.calendar import from_day
from ..lake.layout import HASH_SQL
from ..lake.tables import literal

COLUMNS = {
    "row": "VARCHAR",
    "user_id": "VARCHAR",
    "anonymous": "BOOLEAN",
    "anonymous_id": "VARCHAR",
    "event": "VARCHAR",
    "ts": "BIGINT",
    "properties": "JSON",
    "traits": "JSON",
    "message_id": "VARCHAR",
}

HOPS = 5
"""Links that are followed from one id to the next: an alias of an alias, and no circle."""


@dataclass(frozen=True)
class Prepared:
    """Files to import, None where there is nothing of that kind, and the rows that were read."""

    events: Path | None
    profiles: Path | None
    rows: int


def read_rows(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Create the table `rows` of everything in `files` (JSON lines, gzip). Raises InvalidFile."""
    names = ", ".join(literal(str(path)) for path in files)
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items())
    try:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE rows AS SELECT * FROM read_json([{names}], "
            f"format = 'newline_delimited', compression = 'gzip', columns = {{{columns}}})"
        )
    except duckdb.Error as error:
        raise InvalidFile(f"Landed calls cannot be read: {type(error).__name__}.") from None


def prepare(
    con: duckdb.DuckDBPyConnection, stored_profiles: str, timezone: str, folder: Path
) -> Prepared:
    """From the table `rows`, write what is to be imported into `folder`.

    `stored_profiles` is SQL for the lake's profiles, where links told earlier lie. Days are those
    of the IANA zone `timezone`.
    """
    day = f"CAST(make_timestamptz(ts) AT TIME ZONE {literal(timezone)} AS DATE) - DATE '1970-01-01'"
    _links(con, stored_profiles, f"CAST({day} AS INTEGER)")
    [(rows, events)] = con.execute("SELECT count(*), count_if(row = 'event') FROM rows").fetchall()
    return Prepared(
        _events(con, folder / "calls.parquet", day) if events else None,
        _profiles(con, folder / "traits.jsonl", day),
        int(rows),
    )


def _links(con: duckdb.DuckDBPyConnection, stored_profiles: str, day: str) -> None:
    """Create `links` (anonymous_id, user_id, day): those told here that are news, `told`, and those
    of anybody who acts here, from wherever. The last one told by a day counts on it."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE stored_links AS
        WITH acting AS (
            SELECT anonymous_id AS id FROM rows WHERE row = 'link'
            UNION SELECT user_id FROM rows WHERE row = 'link'
            UNION SELECT user_id FROM rows WHERE anonymous
        ), hashed AS (SELECT id, {HASH_SQL.format(id="id")} AS uh FROM acting)
        SELECT h.id AS anonymous_id, p.text AS user_id, p.valid_from AS day
        FROM ({stored_profiles}) p JOIN hashed h USING (uh)
        WHERE p.property = {literal(LINKED)} AND p.text IS NOT NULL AND p.valid_from IS NOT NULL"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE told AS
        SELECT anonymous_id, user_id, min({day}) AS day FROM rows r WHERE row = 'link'
        GROUP BY anonymous_id, user_id"""
    )
    # A link that holds on its day already, because the lake says so, is no news.
    con.execute(
        """DELETE FROM told t WHERE user_id = (
            SELECT arg_max(s.user_id, (s.day, s.user_id)) FROM stored_links s
            WHERE s.anonymous_id = t.anonymous_id AND s.day <= t.day)"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE links AS
        SELECT * FROM stored_links UNION SELECT * FROM told"""
    )


def _events(con: duckdb.DuckDBPyConnection, path: Path, day: str) -> Path:
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE acted AS
        SELECT user_id, user_id AS id, anonymous, event, ts, {day} AS day, properties, message_id
        FROM rows WHERE row = 'event'"""
    )
    for _ in range(HOPS):
        [(moved,)] = con.execute(
            """UPDATE acted SET user_id = found.user_id FROM (
                SELECT a.id, a.user_id AS was, a.day,
                    arg_max(l.user_id, (l.day, l.user_id)) AS user_id
                FROM (SELECT DISTINCT id, user_id, day FROM acted WHERE anonymous) a
                JOIN links l ON l.anonymous_id = a.user_id AND l.day <= a.day
                GROUP BY a.id, a.user_id, a.day) found
            WHERE acted.anonymous AND acted.id = found.id AND acted.user_id = found.was
                AND acted.day = found.day AND found.user_id <> acted.user_id"""
        ).fetchall()
        if not moved:
            break
    con.execute(
        f"""COPY (SELECT user_id, event, make_timestamp(ts) AS ts,
            CAST(properties AS VARCHAR) AS properties, message_id FROM acted)
        TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    con.execute("DROP TABLE acted")
    return path


def _profiles(con: duckdb.DuckDBPyConnection, path: Path, day: str) -> Path | None:
    """One line per user and day, later values over earlier ones: the file's last value counts."""
    traits = con.execute(
        f"""SELECT user_id, CAST({day} AS INTEGER), CAST(traits AS VARCHAR) FROM rows
        WHERE row = 'traits' AND CAST(traits AS VARCHAR) <> '{{}}' ORDER BY ts, user_id"""
    )
    written = 0
    with path.open("w", encoding="utf-8") as out:
        while found := traits.fetchmany(10_000):
            for user, on, text in found:
                line = {**json.loads(text), "user_id": user, "valid_from": from_day(on).isoformat()}
                out.write(json.dumps(line) + "\n")
                written += 1
        for user, known, on in con.execute("SELECT * FROM told ORDER BY ALL").fetchall():
            line = {"user_id": user, "valid_from": from_day(on).isoformat(), LINKED: known}
            out.write(json.dumps(line) + "\n")
            written += 1
    return path if written else None
