"""Seeded random histories and definitions, made to disagree about everything that can differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.segments.history import Event, History, Trait

EVENTS = ("open", "view", "buy", "quit")
ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "America/Havana")
FIRST = date(2026, 1, 20)
DAYS = 110
"""20 January to 9 May: across the change of clocks in Los Angeles and Havana."""
USERS = tuple(f"user {number}" for number in range(48))
GENRES = ("rock", "Rock", "röck", "jazz rock", "jazz", "")
CITIES = ("San Francisco", "San José", "Berlin", "東京", "")
ODD = 'a/b.c~"d"'
"""A property name with every letter that means something in a JSON path."""


@dataclass(frozen=True)
class Case:
    history: History
    definition: dict[str, Any]
    as_of: date
    shift_days: int
    segments: dict[str, dict[str, Any]]


def cases(seed: int, histories: int, each: int) -> Iterator[Case]:
    """`histories` x `each` cases, always the same for a seed."""
    random = Random(seed)
    for number in range(histories):
        history = make_history(random, ZONES[number % len(ZONES)])
        for _ in range(each):
            segments = {
                "seg_a": {"profile": profile(random)},
                "seg_b": {"not": {"segment": "seg_a"}},
            }
            yield Case(
                history,
                definition(random, depth=3),
                FIRST + timedelta(days=random.randint(25, DAYS - 10)),
                random.choice((0, 0, -28, -7, 5)),
                segments,
            )


def make_history(random: Random, timezone: str) -> History:
    events, traits = [], []
    for user in USERS:
        rate = random.gammavariate(0.9, 16)
        start = random.randint(0, DAYS // 2) if random.random() < 0.6 else 0
        for _ in range(min(int(rate), 60)):
            on = FIRST + timedelta(days=random.randint(start, DAYS))
            name = random.choices(EVENTS, (5, 4, 3, 2))[0]
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                events.append(Event(user, name, moment(random, on, timezone), properties(random)))
        traits += some_traits(random, user)
    random.shuffle(events)
    random.shuffle(traits)
    return History(tuple(events), tuple(traits), timezone)


def moment(random: Random, on: date, timezone: str) -> datetime:
    """An instant of a local day, often its very first or last microsecond."""
    zone = ZoneInfo(timezone)
    midnight = datetime(on.year, on.month, on.day, tzinfo=zone).astimezone(UTC)
    edge = random.random()
    if edge < 0.15:
        return midnight
    if edge < 0.3:
        return midnight - timedelta(microseconds=1)
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
        made[ODD] = random.choice(("x", "y", 1, False))
    return made


def some_traits(random: Random, user: str) -> Iterator[Trait]:
    days = [None, *random.sample(range(DAYS), 3)]
    for since in days[: random.choice((0, 1, 1, 2, 3, 4))]:
        for name in ("plan", "city", "age", "member", "joined"):
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
        "joined": lambda: moment(random, FIRST + timedelta(days=random.randint(0, DAYS)), "UTC"),
    }[name]()


def definition(random: Random, depth: int) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.35:
        return leaf(random)
    kind = random.choice(("all", "any", "not"))
    if kind == "not":
        return {"not": definition(random, depth - 1)}
    return {kind: [definition(random, depth - 1) for _ in range(random.choice((1, 2, 2, 3)))]}


def leaf(random: Random) -> dict[str, Any]:
    kind = random.choices(("did", "did_not", "profile", "segment", "users"), (10, 3, 6, 1, 1), k=1)[
        0
    ]
    if kind == "segment":
        return {"segment": random.choice(("all-users", "seg_a", "seg_a", "seg_b"))}
    if kind == "users":
        return {"users": random.sample([*USERS, "nobody"], 20)}
    if kind == "profile":
        return {"profile": profile(random)}
    body: dict[str, Any] = {"event": random.choices((*EVENTS, "never"), (8, 8, 5, 4, 1))[0]}
    body |= window(random)
    if random.random() < 0.45:
        body["where"] = [where(random) for _ in range(random.choice((1, 1, 1, 2)))]
    if kind == "did":
        body |= amounts(random)
    return {kind: body}


def window(random: Random) -> dict[str, Any]:
    kind = random.choice(("days", "days", "hours", "between", "before", "ever"))
    if kind == "days":
        return {"within": {"days": random.choice((1, 7, 14, 30, 60, 90))}}
    if kind == "hours":
        return {"within": {"hours": random.choice((1, 24, 100, 500, 1000, 1500))}}
    one, two = sorted(random.randint(-5, DAYS + 5) for _ in range(2))
    if kind == "between":
        return {"between": {"from": iso(one), "to": iso(two)}}
    return {"before": iso(two)} if kind == "before" else {}


def amounts(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.6:
        made["count"] = numbers(random, (0, 1, 2, 3, 5))
    if random.random() < 0.15:
        made["days"] = numbers(random, (1, 2, 3))
    if random.random() < 0.15:
        made["first_time"] = True
    if random.random() < 0.25:
        function = random.choice(("sum", "avg", "min", "max"))
        limits = (20, 60.5, 150, 300) if function == "sum" else (15, 30, 50.25, 70)
        made[function] = {"property": "amount", **numbers(random, limits)}
    return made


def numbers(random: Random, limits: tuple[float, ...]) -> dict[str, Any]:
    operators = ("gte", "gt", "lte", "lt", "eq", "ne")
    chosen = random.sample(operators, random.choice((1, 1, 1, 1, 2)))
    return {name: random.choice(limits) for name in chosen}


def where(random: Random) -> dict[str, Any]:
    name = random.choice(("amount", "genre", "vip", ODD))
    values: dict[str, tuple[Any, ...]] = {
        "amount": (20, 50, 50.0, 75.5),
        "genre": GENRES,
        "vip": (True, False),
        ODD: ("x", 1, False),
    }
    return {"property": name, **comparisons(random, values[name])}


def profile(random: Random) -> dict[str, Any]:
    names = ("plan", "city", "age", "member", "joined", "unknown")
    name = random.choices(names, (5, 5, 5, 5, 5, 1))[0]
    some = random.randint(0, DAYS)
    values: dict[str, tuple[Any, ...]] = {
        "plan": ("free", "basic", "pro"),
        "city": CITIES,
        "age": (25, 40.0, 55),
        "member": (True, False),
        "joined": (iso(some), f"{iso(some)}T12:00:00+02:00", f"{iso(some)}T00:00:00"),
        "unknown": ("x", 1),
    }
    return {"property": name, **comparisons(random, values[name])}


def comparisons(random: Random, values: tuple[Any, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(random.choice((1, 1, 1, 1, 2))):
        value = random.choice(values)
        text = (
            ("contains", "starts_with") if isinstance(value, str) or random.random() < 0.1 else ()
        )
        operator = random.choice(("eq", "ne", "in", "gt", "gte", "lt", "lte", "exists", *text))
        if operator == "exists":
            made["exists"] = random.random() < 0.6
        elif operator == "in":
            made["in"] = random.sample(values, random.randint(1, len(values)))
        elif operator in ("contains", "starts_with"):
            letters = value if isinstance(value, str) and value else "o"
            made[operator] = letters[: random.randint(1, 4)]
        elif operator in ("gt", "gte", "lt", "lte") and isinstance(value, bool):
            made[operator] = 0
        else:
            made[operator] = value
    return made


def iso(day: int) -> str:
    return (FIRST + timedelta(days=day)).isoformat()


def features(document: Any, inside: str = "") -> Counter[str]:
    """How often each word of the language occurs: `did.where.gte`, `within.days`, `not`, …"""
    found: Counter[str] = Counter()
    if isinstance(document, list):
        for item in document:
            found += features(item, inside)
    elif isinstance(document, dict):
        for key, value in document.items():
            if key not in ("property", "event", "from", "to"):
                found[f"{inside}.{key}".strip(".")] += 1
            combines = key in ("all", "any", "not", "did", "did_not")
            found += features(value, "" if combines else key)
    return found
