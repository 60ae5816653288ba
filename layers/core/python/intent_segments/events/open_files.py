"""Files -> tables in memory: the laptop's way to ask what the lake answers for an account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import InvalidInput
from ..lake.calendar import parse_timezone
from ..lake.merge import ENTRY_DAY, placed_traits
from ..lake.tables import Tables
from .files import open_source
from .normalize import normalize
from .profiles import normalize_profiles


def open_files(
    events: Sequence[Path], profiles: Path | None = None, timezone: str = "UTC"
) -> Tables:
    """Tables in memory (`lake/tables.py`) filled from events files and at most one profiles file.

    An event that stands in several files counts once (`normalize.py` says how it is recognised).
    Event codes are the positions of the names in alphabetical order. Days are local days of the
    IANA zone `timezone`. An undated trait is valid from the day of its user's first event.
    Raises InvalidFile for a file that cannot be used, InvalidInput for no file or a wrong zone.
    """
    parse_timezone(timezone)
    if not events:
        raise InvalidInput.at("events", "events must name at least one file")
    tables = Tables.empty(timezone)
    with TemporaryDirectory() as scratch:
        for number, path in enumerate(events):
            source = open_source(Path(path), "events", Path(scratch))
            normalize(
                tables.con,
                source,
                timezone,
                table=f"canonical_{number}",
                keyed=len(events) > 1,
            )
        _fill_events(tables, len(events))
        if profiles is not None:
            source = open_source(Path(profiles), "profiles", Path(scratch))
            normalize_profiles(tables.con, source, timezone)
        _fill_users(tables, profiles is not None)
    return tables


def _fill_events(tables: Tables, files: int) -> None:
    con = tables.con
    names = " UNION ".join(f"SELECT event FROM canonical_{i}" for i in range(files))
    con.execute(
        f"""INSERT INTO event_names
        SELECT row_number() OVER (ORDER BY event) - 1, event
        FROM (SELECT DISTINCT event FROM ({names}))"""
    )
    for i in range(files):
        seen = "".join(
            f" AND NOT EXISTS (SELECT 1 FROM canonical_{j} e WHERE e.uh = c.uh AND e.mid = c.mid)"
            for j in range(i)
        )
        con.execute(
            f"""INSERT INTO events
            SELECT c.uh, n.event, c.ts, c.day, c.properties
            FROM canonical_{i} c JOIN event_names n ON n.name = c.event WHERE true{seen}"""
        )
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE seen_users AS
            {"SELECT * FROM seen_users UNION " if i else ""}
            SELECT DISTINCT uh, user_id FROM canonical_{i}"""
        )
    for i in range(files):
        con.execute(f"DROP TABLE canonical_{i}")
    con.execute("INSERT INTO activity SELECT uh, event, day, count(*) FROM events GROUP BY ALL")


def _fill_users(tables: Tables, with_profiles: bool) -> None:
    con = tables.con
    if not with_profiles:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE traits_users (uh BIGINT, user_id VARCHAR, "
            "profile_day INTEGER)"
        )
    con.execute(
        f"""INSERT INTO users
        WITH first AS (SELECT uh, min(day) AS first_day FROM activity GROUP BY uh),
        known AS (
            SELECT uh, min(user_id) AS user_id
            FROM (SELECT uh, user_id FROM seen_users UNION ALL SELECT uh, user_id FROM traits_users)
            GROUP BY uh)
        SELECT uh, user_id, first_day, {ENTRY_DAY} FROM (
            SELECT k.uh, k.user_id, f.first_day, p.profile_day
            FROM known k LEFT JOIN first f ON f.uh = k.uh
            LEFT JOIN traits_users p ON p.uh = k.uh)"""
    )
    if with_profiles:
        con.execute(f"INSERT INTO profiles {placed_traits('traits', 'users')}")
        con.execute("DROP TABLE traits")
    con.execute("DROP TABLE traits_users")
    con.execute("DROP TABLE seen_users")
