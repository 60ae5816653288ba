"""A generated lake of any size, written file by file as imports leave it.

To generate and import four million users takes an hour; to write the files of their groups, one
group after the other, some minutes and the memory of one group. Users have rates and appetites of
their own, join over the first half of the year, and are known by the hash of their id.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import duckdb

from intent_segments.lake.calendar import to_day
from intent_segments.lake.layout import HASH_SQL, SLOTS, group_bounds, part_key
from intent_segments.lake.manifest import (
    EventEntry,
    Manifest,
    Part,
    add_event_names,
    add_part,
    add_to_catalogue,
    add_users,
)
from intent_segments.lake.tables import connect
from intent_segments.lake.writer import copy_sorted
from intent_segments.store.objects import Objects

FIRST_DAY = date(2025, 1, 1)
DAYS = 365
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
MONTH = 31
"""Days of a part of single events, about as imports make them."""
NIGHTS = 7
"""Parts of activity that hold one day each, as the last nights leave them until they are merged."""
JOINS = 4
"""Parts of users and of their traits."""

BOUGHT, LAUNCHED, VIEWED, WATCHED, LEFT = (
    "Ticket Purchased",
    "App Launched",
    "Concert Viewed",
    "Video Watched",
    "App Uninstalled",
)
SCREENS = 15
NAMES = tuple(
    sorted([BOUGHT, LAUNCHED, VIEWED, WATCHED, LEFT, *(f"Screen {n:02d}" for n in range(SCREENS))])
)
"""As many as an app has, more than a model has columns for (`features.MAX_EVENTS`)."""

_SHARES = ((LAUNCHED, 0.30), (VIEWED, 0.45), (WATCHED, 0.60), (LEFT, 0.61))
"""An event by a number in 0..1; beyond the last it is one of the screens."""


@dataclass
class _Written:
    """What was written of one part so far."""

    rows: int = 0
    bytes: int = 0
    groups: list[int] = field(default_factory=list)


def make_lake(
    objects: Objects,
    folder: Path,
    users: int,
    events_per_user: float,
    groups: int,
    traits: int = 2,
) -> Manifest:
    """Write a lake of `users` users who did `events_per_user` things each on average within DAYS
    days and have two `traits` or more; the manifest of version 1, for the caller to commit.
    `folder` is scratch."""
    con = connect(folder)
    con.execute(
        f"CREATE TABLE people AS SELECT {HASH_SQL.format(id='user_id')} AS uh, user_id"
        f" FROM (SELECT 'user ' || n AS user_id FROM range({int(users)}) t(n)) ORDER BY uh"
    )
    con.execute(
        "CREATE TABLE names AS SELECT unnest($names) AS name, unnest($codes) AS code",
        {
            "names": list(NAMES),
            "codes": list(range(len(NAMES))),
        },
    )
    written: dict[tuple[str, str, int, int], _Written] = {}
    counts: Counter[str] = Counter()
    with TemporaryDirectory(dir=folder) as scratch:
        for group in range(groups):
            _happen(con, group, groups, events_per_user)
            counts.update(dict(con.execute(_COUNTED).fetchall()))
            for (table, gen, first, last), rows in _relations(traits).items():
                path = Path(scratch) / f"{table}.parquet"
                found = copy_sorted(con, rows, table, path)
                part = written.setdefault((table, gen, first, last), _Written())
                if found:
                    part.rows += found
                    part.bytes += path.stat().st_size
                    part.groups.append(group)
                    objects.upload({part_key(table, gen, group): path})
                    path.unlink()
    manifest = add_event_names(Manifest(1, groups, "UTC"), NAMES)
    for (table, gen, first, last), part in written.items():
        codes = tuple(range(len(NAMES))) if table == "events" else None
        held = Part(table, gen, first, last, part.rows, part.bytes, tuple(part.groups), codes)
        manifest = add_part(manifest, held)
    slots = con.execute(
        f"SELECT (uh >> 52) + {SLOTS // 2} AS slot, count(*) FROM people GROUP BY slot"
    ).fetchall()
    con.close()
    days = (to_day(FIRST_DAY), to_day(LAST_DAY))
    seen = {
        name: EventEntry(n, *days, {"price": {"number": n}} if name == BOUGHT else {})
        for name, n in counts.items()
    }
    return add_to_catalogue(add_users(manifest, dict(slots)), seen)


_COUNTED = "SELECT name, count(*) FROM happened JOIN names ON code = event GROUP BY name"


def _chance(what: str, of: str = "uh") -> str:
    """SQL of a number in 0..1 that depends on nothing but a user, or `of`, and the name `what`."""
    # Of several arguments at once the hashes of two names would go together.
    return f"(hash(xor(hash({of}), {crc32(what.encode())})) / 18446744073709551616.0)"


def _happen(con: duckdb.DuckDBPyConnection, group: int, groups: int, mean: float) -> None:
    """Create `here`, the users of a group, and `happened`, all they did."""
    low, high = group_bounds(group, groups)
    first = to_day(FIRST_DAY)
    kinds = " ".join(f"WHEN kind < {below} THEN '{name}'" for name, below in _SHARES)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE here AS
        SELECT uh, user_id, {_chance("plan")} < 0.3 AS pro,
            1 - ln(1 - {_chance("rate")}) AS rate,
            pow({_chance("appetite")}, 3) AS appetite,
            {first} + CAST({DAYS // 2} * {_chance("joined")} AS INTEGER) AS joined
        FROM people WHERE uh >= {low} AND uh <= {high - 1}"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE happened AS
        SELECT code AS event, uh, day, day * 86400000000 + CAST(86399e6 * moment AS BIGINT) AS ts,
            CASE WHEN name <> '{BOUGHT}' THEN '{{}}'
                ELSE '{{"price":' || CAST(20 + 180 * moment AS INTEGER) || '}}' END AS properties,
            CAST(hash(uh, k) >> 1 AS BIGINT) AS mid
        FROM (
            SELECT uh, k, moment,
                joined + CAST(floor(({first + DAYS} - joined) * {_chance("day", "uh, k")})
                    AS INTEGER) AS day,
                CASE WHEN buys < 0.01 + 0.1 * appetite THEN '{BOUGHT}' {kinds}
                    ELSE list_extract($screens, 1 + CAST(floor({SCREENS} * moment) AS INTEGER))
                END AS what
            FROM (
                SELECT *, {_chance("kind", "uh, k")} AS kind,
                    {_chance("buy", "uh, k")} AS buys, {_chance("moment", "uh, k")} AS moment
                FROM (
                    SELECT *, unnest(range(greatest(1, CAST({mean} / 2 * rate AS INTEGER)))) AS k
                    FROM here))
        ) JOIN names ON name = what""",
        {"screens": [name for name in NAMES if name.startswith("Screen")]},
    )


def _relations(traits: int) -> dict[tuple[str, str, int, int], str]:
    """(table, generation, first and last day) -> the rows of a group: a part of most days and one
    of each of the last nights, new users in some parts, single events by the month."""
    first, last = to_day(FIRST_DAY), to_day(LAST_DAY)
    found: dict[tuple[str, str, int, int], str] = {}
    for low, high in [
        (first, last - NIGHTS),
        *((day, day) for day in range(last + 1 - NIGHTS, last + 1)),
    ]:
        found["activity", f"made-{low}", low, high] = (
            "SELECT uh, event, day, CAST(count(*) AS INTEGER) AS n FROM happened "
            f"WHERE day >= {low} AND day <= {high} GROUP BY uh, event, day"
        )
    step = DAYS // 2 // JOINS + 1
    for low in range(first, first + step * JOINS, step):
        joined = f"joined >= {low} AND joined < {low + step}"
        found["users", f"made-{low}", low, low + step - 1] = (
            "SELECT uh, any_value(user_id) AS user_id, min(day) AS first_day, NULL AS profile_day, "
            f"true AS has_profile FROM here JOIN happened USING (uh) WHERE {joined} GROUP BY uh"
        )
        more = f"FROM here, range({traits - 2}) t(n) WHERE {joined}"
        found["profiles", f"made-{low}", low, low + step - 1] = (
            "SELECT uh, 'plan' AS property, 'string' AS kind, "
            "CASE WHEN pro THEN 'pro' ELSE 'free' END AS text, NULL AS number, "
            f"joined AS valid_from FROM here WHERE {joined} "
            "UNION ALL SELECT uh, 'age', 'number', NULL, "
            f"18 + CAST(50 * {_chance('age')} AS INTEGER), joined FROM here WHERE {joined} "
            "UNION ALL SELECT uh, 'trait ' || lpad(CAST(n AS VARCHAR), 3, '0'), 'string', "
            f"'value ' || CAST(hash(uh, n) % 8 AS VARCHAR), NULL, joined {more}"
        )
    for start in range(first, last + 1, MONTH):
        end = min(start + MONTH - 1, last)
        found["events", f"made-{start}", start, end] = (
            "SELECT event, uh, ts, day, properties, mid FROM happened "
            f"WHERE day >= {start} AND day <= {end}"
        )
    return found
