"""The synthetic world: the same for a seed, and hard in the ways it promises."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from intent_segments.errors import InvalidInput
from intent_segments.events.synthetic import CHUNK_USERS, Written, make_world, write_world

USERS, DAYS = 30_000, 180


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_world(tmp_path_factory.mktemp("world"), users=USERS, days=DAYS, seed=3)


def ask(world: Written, sql: str) -> list[tuple]:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute(f"CREATE VIEW events AS SELECT * FROM '{world.events}'")
    con.execute(f"CREATE VIEW profiles AS SELECT * FROM '{world.profiles}'")
    return con.execute(sql).fetchall()


def test_the_files_have_the_documented_columns_and_one_row_group_per_chunk(world: Written) -> None:
    events = pq.ParquetFile(world.events)
    assert events.schema_arrow.names == ["user_id", "event", "ts", "properties", "message_id"]
    assert str(events.schema_arrow.field("ts").type) == "timestamp[us, tz=UTC]"
    assert str(events.schema_arrow.field("user_id").type) == "string"
    assert events.metadata.num_row_groups == -(-USERS // CHUNK_USERS)
    assert events.metadata.num_rows == world.event_rows
    assert pq.read_schema(world.profiles).names[:2] == ["user_id", "valid_from"]


def test_the_same_seed_gives_the_same_rows_and_another_does_not(tmp_path: Path) -> None:
    one, same, other = (
        write_world(tmp_path / name, users=300, days=40, seed=seed)
        for name, seed in (("one", 5), ("same", 5), ("other", 6))
    )
    assert pq.read_table(one.events) == pq.read_table(same.events)
    assert pq.read_table(one.profiles) == pq.read_table(same.profiles)
    assert pq.read_table(one.events) != pq.read_table(other.events)


def test_message_ids_are_unique_and_all_events_lie_in_the_world(world: Written) -> None:
    ((ids, first, last),) = ask(
        world, "SELECT COUNT(DISTINCT message_id), MIN(ts)::DATE, MAX(ts)::DATE FROM events"
    )
    assert ids == world.event_rows
    assert (first, last) == (date(2025, 1, 1), date(2025, 6, 29))


def test_nothing_happens_after_an_uninstall_or_before_joining(world: Written) -> None:
    late = ask(
        world,
        """SELECT COUNT(*) FROM events e JOIN events u USING (user_id)
        WHERE u.event = 'App Uninstalled' AND e.ts > u.ts""",
    )
    early = ask(
        world,
        "SELECT COUNT(*) FROM events e JOIN profiles p USING (user_id) WHERE e.ts < p.signed_up_at",
    )
    assert late == early == [(0,)]


def test_users_differ_more_than_chance(world: Written) -> None:
    ((mean, variance),) = ask(
        world,
        """SELECT AVG(n), VAR_POP(n) FROM (SELECT COUNT(*) AS n FROM events
        WHERE event = 'App Launched' GROUP BY user_id)""",
    )
    assert variance > 5 * mean


def test_the_level_wanders_more_than_chance_and_season(world: Written) -> None:
    weeks = ask(
        world,
        """SELECT COUNT(*) FROM events WHERE event = 'App Launched' AND ts < '2025-06-25'
        GROUP BY DATEDIFF('day', DATE '2025-01-01', CAST(ts AS DATE)) // 7
        ORDER BY DATEDIFF('day', DATE '2025-01-01', CAST(ts AS DATE)) // 7""",
    )
    counts = [n for (n,) in weeks]
    # Second differences leave out trend and season; of Poisson counts their variance is 6 means.
    bends = [a - 2 * b + c for a, b, c in zip(counts, counts[1:], counts[2:], strict=False)]
    chance = 6 * sum(counts) / len(counts)
    assert sum(bend**2 for bend in bends) / len(bends) > 5 * chance


def test_a_recent_concert_view_and_the_plan_foretell_a_purchase(world: Written) -> None:
    rates = dict(
        ask(
            world,
            """WITH seen AS (SELECT user_id, MAX(CASE WHEN event = 'Concert Viewed' AND
                ts >= TIMESTAMPTZ '2025-04-24' THEN 1 ELSE 0 END) AS viewed
                FROM events WHERE ts < TIMESTAMPTZ '2025-05-08' GROUP BY user_id),
            bought AS (SELECT DISTINCT user_id FROM events WHERE event = 'Ticket Purchased'
                AND ts >= TIMESTAMPTZ '2025-05-08' AND ts < TIMESTAMPTZ '2025-06-07')
            SELECT viewed, AVG(CASE WHEN b.user_id IS NULL THEN 0 ELSE 1 END)
            FROM seen LEFT JOIN bought b USING (user_id) GROUP BY viewed""",
        )
    )
    assert 0 < rates[0] < 0.05
    assert rates[1] > 2 * rates[0]
    shares = dict(
        ask(
            world,
            """SELECT plan, COUNT(DISTINCT e.user_id) / COUNT(DISTINCT p.user_id)
            FROM profiles p LEFT JOIN events e
            ON e.user_id = p.user_id AND e.event = 'Ticket Purchased'
            WHERE city IS NOT NULL GROUP BY plan""",
        )
    )
    assert shares["premium"] > shares["plus"] > shares["free"]


def test_a_world_that_is_too_small_is_refused() -> None:
    with pytest.raises(InvalidInput, match="users must be at least 1"):
        make_world(users=0, days=30, seed=1)
    with pytest.raises(InvalidInput, match="days must be at least 28"):
        make_world(users=1, days=7, seed=1)
