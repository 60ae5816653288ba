"""Seeded random histories: users, events at awkward moments, traits and scores that change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.history import Event, History, Night, Trait

EVENTS = ("open", "view", "buy", "quit")
FIRST = date(2026, 1, 20)
DAYS = 110
"""20 January to 9 May: across the change of clocks in Los Angeles and Havana."""
USERS = tuple(f"user {number}" for number in range(48))
GENRES = ("rock", "Rock", "röck", "jazz rock", "jazz", "")
CITIES = ("San Francisco", "San José", "Berlin", "東京", "")
VERSIONS = ("9.9", "10", "10.0.0", "10.2", "10.10", "10.2.1", "2.10", "010.2", "7")
NO_VERSIONS = ("10.2-beta", "v10", "10.", ".5", "", "1.2.3.4.5.6.7", "10,2")
GOALS = ("goal_a", "goal_b")
BUCKETS = ("least_likely", "moderately_likely", "most_likely")
ODD = 'a/b.c~"d"'
"""A property name with every letter that means something in a JSON path."""


def make_history(random: Random, timezone: str) -> History:
    events, traits = [], []
    for user in USERS:
        rate = random.gammavariate(0.9, 16)
        start = random.randint(0, DAYS // 2) if random.random() < 0.6 else 0
        for _ in range(min(int(rate), 60)):
            on = FIRST + timedelta(days=random.randint(start, DAYS))
            name = random.choices(EVENTS, (5, 4, 3, 2))[0]
            at = moment(random, on, timezone)
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                events.append(Event(user, name, at, properties(random)))
                at = following(random, at, moment(random, on, timezone))
                name = random.choice((name, name, *EVENTS))
        traits += some_traits(random, user)
    random.shuffle(events)
    random.shuffle(traits)
    return History(tuple(events), tuple(traits), timezone, tuple(nights(random)))


def nights(random: Random) -> Iterator[Night]:
    """Nights of two goals with gaps between them, the first some weeks after the first events."""
    for goal in GOALS:
        target = random.sample(USERS, 40)
        for day in sorted(random.sample(range(15, DAYS), 12)):
            scored = [user for user in target if random.random() < 0.9]
            standing = {
                user: (
                    random.choice(
                        (0, 250_000, 570_000, 999_999, 1_000_000, random.randint(0, 10**6))
                    ),
                    random.choice(BUCKETS),
                    random.choice((0, 50, 74, 75, 99, random.randint(0, 99), None)),
                )
                for user in scored
            }
            yield Night(goal, FIRST + timedelta(days=day), standing)


def following(random: Random, before: datetime, elsewhere: datetime) -> datetime:
    """A moment about which steps of a sequence can disagree: the same, or hours later to the
    microsecond."""
    if random.random() < 0.3:
        return elsewhere
    later = timedelta(hours=random.choice((0, 1, 6, 24, 48, 168)))
    return before + later + timedelta(microseconds=random.choice((-1, 0, 1)))


def moment(random: Random, on: date, timezone: str) -> datetime:
    """An instant of a local day, often its very first or last microsecond."""
    zone = ZoneInfo(timezone)
    midnight = datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
    edge = random.random()
    if edge < 0.15:
        return midnight
    if edge < 0.3:
        return midnight - timedelta(microseconds=1)
    if edge < 0.5:
        hour = datetime(on.year, on.month, on.day, random.randrange(24), tzinfo=zone)
        return hour.astimezone(UTC) - timedelta(microseconds=random.choice((0, 1)))
    return midnight + timedelta(microseconds=random.randrange(86_400_000_000))


def properties(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.85:
        made["amount"] = random.choice((random.randint(0, 100), random.randint(0, 9999) / 100))
    if random.random() < 0.1:
        made["amount"] = random.choice(("50", True, None, [50], {"is": 50}))
    if random.random() < 0.8:
        made["genre"] = random.choice((*GENRES, *GENRES, 7, None))
    if random.random() < 0.7:
        made["vip"] = random.choice((True, False, True, False, 1, "true"))
    if random.random() < 0.6:
        made["version"] = random.choice((*VERSIONS, random.choice(NO_VERSIONS), 10.2))
    if random.random() < 0.6:
        made[ODD] = random.choice(("x", "y", 1, False))
    return made


def some_traits(random: Random, user: str) -> Iterator[Trait]:
    days = [None, *random.sample(range(DAYS), 3)]
    for since in days[: random.choice((0, 1, 1, 2, 3, 4))]:
        for name in ("plan", "city", "age", "member", "joined", "app"):
            if random.random() < 0.75:
                yield Trait(
                    user,
                    name,
                    trait_value(random, name),
                    None if since is None else FIRST + timedelta(days=since),
                )


def trait_value(random: Random, name: str) -> Any:
    if random.random() < 0.05:
        return random.choice(("30", 1.0, True, datetime(2026, 3, 1, tzinfo=UTC)))
    return {
        "plan": lambda: random.choice(("free", "basic", "pro")),
        "city": lambda: random.choice(CITIES),
        "age": lambda: float(random.randint(18, 60)),
        "member": lambda: random.random() < 0.5,
        "app": lambda: random.choice((*VERSIONS, random.choice(NO_VERSIONS))),
        "joined": lambda: moment(random, FIRST + timedelta(days=random.randint(0, DAYS)), "UTC"),
    }[name]()
