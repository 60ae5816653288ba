"""Files of an experiment -> its counts: who was in which arm, and who did it when.

DuckDB reads and joins; ids stay inside it, so that five million users need no Python objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.cuped import Moments
from intent_segments.errors import InvalidFile, InvalidInput
from intent_segments.events.files import Kind, Source, open_source, reading
from intent_segments.events.staging import drop, stage_events, stage_profiles
from intent_segments.events.timestamps import ts_rule
from intent_segments.lake.calendar import from_day, parse_timezone, to_day
from intent_segments.lake.tables import connect, literal

from ..console import say
from .likelihoods import Part, add_likelihoods, moments_of, parts_of
from .rows import refuse_missing_ids, repeated, user_id

if TYPE_CHECKING:
    import duckdb

ARMS = ("test", "control")
MEMORY = "1GB"
"""What DuckDB may hold before it spills to disk; Python and its libraries come on top."""

LARGE = 50 << 20
"""Files from this size on, in bytes, take seconds: then it is said what is being read."""


@dataclass(frozen=True)
class Experiment:
    """`by_day`: users of both arms who did it up to the end of each day of the period. `moments`
    and `parts`, by likelihood from the top down, are there when scores were given."""

    test: Arm
    control: Arm
    by_day: tuple[int, ...]
    moments: tuple[Moments, Moments] | None
    parts: tuple[Part, ...]


def read_experiment(
    assignments: Path,
    events: Sequence[Path],
    event: str,
    since: date,
    until: date,
    timezone: str = "UTC",
    scores: Path | None = None,
) -> Experiment:
    """Count who did `event` on the days `since` to `until`, both included, of the zone `timezone`.

    Users count once; events of users who are in no arm do not count. Raises InvalidInput for a
    period or zone that cannot be, InvalidFile for a file that is no experiment's.
    """
    parse_timezone(timezone)
    if since > until:
        raise InvalidInput.at(
            "--from", f"--from {since} is after --to {until}: exchange them; both days count"
        )
    con = connect()
    con.execute(f"SET memory_limit = '{MEMORY}'")
    con.execute("SET preserve_insertion_order = false")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _assign(con, _open(assignments, "assignments", folder))
        con.execute("CREATE TEMP TABLE seen (user_id VARCHAR, day INTEGER)")
        sources = [_open(path, "events", folder) for path in events]
        _note_days(con, sources, event, since, until, timezone)
        con.execute(
            """CREATE TEMP TABLE outcomes AS
            SELECT a.user_id, a.control, s.day FROM assigned a
            LEFT JOIN (SELECT user_id, MIN(day) AS day FROM seen GROUP BY user_id) s
            ON s.user_id = a.user_id"""
        )
        drop(con, "assigned")
        moments: tuple[Moments, Moments] | None = None
        parts: tuple[Part, ...] = ()
        if scores is not None:
            add_likelihoods(con, _open(scores, "scores", folder))
            moments, parts = moments_of(con), parts_of(con)
        test, control, by_day = _counts(con, since, until)
    return Experiment(test, control, by_day, moments, parts)


def _open(path: Path, kind: Kind, folder: Path) -> Source:
    source = open_source(path, kind, folder)
    if path.stat().st_size >= LARGE:
        say(f"reading {path.name} ({path.stat().st_size >> 20:,} MB)")
    return source


def _assign(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Create `assigned`: user_id, control (in that arm or not). Every user once."""
    name = source.name
    with reading(source):
        staged = stage_profiles(con, source, "staged_arms")
        con.execute(
            f"""CREATE TEMP TABLE assigned AS SELECT {user_id(source, staged.columns)} AS user_id,
                CAST(arm AS VARCHAR) = 'control' AS control FROM staged_arms
                WHERE CAST(arm AS VARCHAR) IN ('test', 'control')"""
        )
        arms = con.execute(
            "SELECT CAST(arm AS VARCHAR) AS arm, count(*) FROM staged_arms GROUP BY ALL ORDER BY 1"
        ).fetchall()
    drop(con, "staged_arms")
    unknown = [f"{arm!r} ({n:,} rows)" for arm, n in arms if arm not in ARMS and arm is not None]
    unknown += [f"no arm ({n:,} rows)" for arm, n in arms if arm is None]
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise InvalidFile(
            f"{name}: arm must be test or control; there are also {', '.join(unknown[:5])}{more}. "
            "Leave such users out, or name their arm."
        )
    refuse_missing_ids(con, name, "assigned")
    rows, users, both = repeated(con, "assigned", "count(DISTINCT control)")
    if both:
        raise InvalidFile(
            f"{name}: {both:,} users are in both arms. A user belongs to one: the one drawn first."
        )
    if rows:
        raise InvalidFile(
            f"{name}: {users:,} users stand in {rows:,} rows. Write one row per user (SELECT "
            "DISTINCT)."
        )
    for arm in ARMS:
        if arm not in dict(arms):
            raise InvalidFile(
                f"{name}: nobody is in the {arm} arm. Uplift compares two arms: name the users "
                f"that were {'held back' if arm == 'control' else 'to be reached'} too."
            )


def _note_days(
    con: duckdb.DuckDBPyConnection,
    sources: Sequence[Source],
    event: str,
    since: date,
    until: date,
    timezone: str,
) -> None:
    """Fill `seen` with each file's users who did the event in the period, and the first day."""
    found, last = 0, None
    names: set[str] = set()
    for source in sources:
        with reading(source):
            staged = stage_events(con, source, "staged_events")
            instant = ts_rule(con, staged.table, staged.columns["ts"], source.name).sql
            local = f"CAST(make_timestamp({instant}) AS DATE)"
            if timezone != "UTC":
                local = (
                    f"CAST(make_timestamptz({instant}) AT TIME ZONE {literal(timezone)} AS DATE)"
                )
            days = f"""SELECT {user_id(source, staged.columns)} AS user_id,
                CAST(event AS VARCHAR) AS event,
                CAST({local} - DATE '1970-01-01' AS INTEGER) AS day FROM staged_events"""
            con.execute(
                f"""INSERT INTO seen SELECT user_id, MIN(day) FROM ({days})
                WHERE event = ? AND day BETWEEN ? AND ? GROUP BY user_id""",
                [event, to_day(since), to_day(until)],
            )
            rows, unread, ends = con.execute(
                f"""SELECT count_if(event = ?), count_if(event = ? AND day IS NULL), MAX(day)
                FROM ({days})""",
                [event, event],
            ).fetchall()[0]
            if not rows:
                names.update(
                    name
                    for (name,) in con.execute(
                        f"SELECT DISTINCT event FROM ({days}) WHERE event IS NOT NULL LIMIT 5000"
                    ).fetchall()
                )
        drop(con, "staged_events")
        found += rows
        last = max((day for day in (last, ends) if day is not None), default=None)
        if unread:
            say(f"warning: {source.name}: {unread:,} rows of {event!r} have no readable ts")
    if not found:
        say(f"warning: no event in these files is called {event!r}{_meant(event, names)}")
    if last is not None and from_day(last) < until:
        say(f"warning: the events end on {from_day(last)}, before --to {until}")


def _counts(
    con: duckdb.DuckDBPyConnection, since: date, until: date
) -> tuple[Arm, Arm, tuple[int, ...]]:
    sizes = dict(con.execute("SELECT control, count(*) FROM outcomes GROUP BY 1").fetchall())
    did = dict(con.execute("SELECT control, count(day) FROM outcomes GROUP BY 1").fetchall())
    new = dict(con.execute("SELECT day, count(*) FROM outcomes GROUP BY 1").fetchall())
    by_day, total = [], 0
    for day in range(to_day(since), to_day(until) + 1):
        total += new.get(day, 0)
        by_day.append(total)
    return Arm(sizes[False], did[False]), Arm(sizes[True], did[True]), tuple(by_day)


def _meant(event: str, names: set[str]) -> str:
    from intent_segments.segments.complaints import nearest

    near = nearest(event, sorted(names))
    return f"; did you mean {near!r}?" if near else ""
