"""Seeded random definitions, made to disagree about everything that can differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.unit.segments.histories import (
    BUCKETS,
    CITIES,
    DAYS,
    EVENTS,
    FIRST,
    GENRES,
    GOALS,
    ODD,
    USERS,
    VERSIONS,
    make_history,
)
from tests.unit.segments.history import History

ZONES = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "America/Havana")
OPERATORS = ("gte", "gt", "lte", "lt", "eq", "ne")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Case:
    history: History
    definition: dict[str, Any]
    as_of: date
    shift_days: int
    segments: dict[str, dict[str, Any]]


class Draw(Random):
    """Random, and fair to the operators of each place: one that fell behind is drawn more often."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.drawn: Counter[str] = Counter()

    def operator(self, place: str, options: Sequence[str]) -> str:
        weights = [1 / (1 + self.drawn[f"{place}.{option}"]) ** 2 for option in options]
        chosen = self.choices(options, weights)[0]
        self.drawn[f"{place}.{chosen}"] += 1
        return chosen


def cases(seed: int, histories: int, each: int) -> Iterator[Case]:
    """`histories` x `each` cases, always the same for a seed."""
    random = Draw(seed)
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


def definition(random: Draw, depth: int) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.3:
        return leaf(random)
    kind = random.choice(("all", "any", "not"))
    if kind == "not":
        return {"not": definition(random, depth - 1)}
    return {kind: [definition(random, depth - 1) for _ in range(random.choice((1, 2, 2, 3, 3)))]}


def leaf(random: Draw) -> dict[str, Any]:
    kinds = {
        "did": 12,
        "did_not": 3,
        "profile": 12,
        "sequence": 3,
        "bucket": 2,
        "likelihood": 3,
        "segment": 1,
        "users": 1,
    }
    kind = random.choices(tuple(kinds), tuple(kinds.values()))[0]
    if kind == "segment":
        return {"segment": random.choice(("all-users", "seg_a", "seg_a", "seg_b"))}
    if kind == "users":
        return {"users": random.sample([*USERS, "nobody"], 20)}
    if kind == "profile":
        return {"profile": profile(random)}
    if kind == "sequence":
        return sequence(random)
    if kind == "bucket":
        some = random.sample(BUCKETS, random.choice((1, 1, 2)))
        return {"bucket": {"goal": random.choice(GOALS), "in": some}}
    if kind == "likelihood":
        return {"likelihood": {"goal": random.choice(GOALS), **likelihood(random)}}
    body: dict[str, Any] = {"event": event(random)}
    body |= window(random)
    if random.random() < 0.35:
        body["on"] = on(random)
    if random.random() < 0.6:
        body["where"] = [where(random) for _ in range(random.choice((1, 1, 2)))]
    if kind == "did":
        body |= amounts(random)
    return {kind: body}


def event(random: Draw) -> str:
    return random.choices((*EVENTS, "never"), (8, 8, 5, 4, 1))[0]


def window(random: Draw) -> dict[str, Any]:
    kind = random.choice(("days", "days", "hours", "between", "before", "ever"))
    if kind == "days":
        return {"within": {"days": random.choice((1, 7, 14, 30, 60, 90))}}
    if kind == "hours":
        return {"within": {"hours": random.choice((1, 24, 100, 500, 1000, 1500))}}
    one, two = sorted(random.randint(-5, DAYS + 5) for _ in range(2))
    if kind == "between":
        return {"between": {"from": iso(one), "to": iso(two)}}
    return {"before": iso(two)} if kind == "before" else {}


def on(random: Draw) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.6:
        made["weekdays"] = random.sample(WEEKDAYS, random.choice((1, 2, 3, 5)))
    if not made or random.random() < 0.4:
        first, last = random.randint(0, 23), random.randint(0, 24)
        made["hours"] = {"from": first, "to": 24 if last == first else last}
    return made


def sequence(random: Draw) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    for number in range(random.choice((2, 2, 2, 3, 4))):
        step: dict[str, Any] = {"event": random.choices((*EVENTS, "never"), (9, 9, 9, 9, 1))[0]}
        if number and random.random() < 0.6:
            unit = random.choice(("days", "hours"))
            some = (1, 6, 24, 48, 168, 1000) if unit == "hours" else (1, 2, 7, 30)
            step["within"] = {unit: random.choice(some)}
        if random.random() < 0.2:
            step["where"] = [where(random)]
        steps.append(step)
    return {"sequence": steps, **window(random)}


def amounts(random: Draw) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.25:
        made["days"] = numbers(random, "days", (1, 2, 3))
    if random.random() < 0.2:
        made["first_time"] = True
    for function in ("sum", "avg", "min", "max"):
        if random.random() < 0.1:
            limits = (20, 60.5, 150, 300) if function == "sum" else (15, 30, 50.25, 70)
            made[function] = {"property": "amount", **numbers(random, function, limits)}
    if random.random() < 0.6:
        some = made.keys() - {"days"}
        made["count"] = {"gte": 2} if some else numbers(random, "count", (0, 1, 2, 3, 5))
    return made


def numbers(random: Draw, place: str, limits: tuple[float, ...]) -> dict[str, Any]:
    chosen = [random.operator(place, OPERATORS) for _ in range(random.choice((1, 1, 1, 1, 2)))]
    return {name: random.choice(limits) for name in chosen}


def likelihood(random: Draw) -> dict[str, Any]:
    ways = ("gte", "gt", "lte", "lt", "top_percent")
    chosen = [random.operator("likelihood", ways) for _ in range(random.choice((1, 1, 2)))]
    return {
        name: random.choice((1, 25, 26, 50, 100))
        if name == "top_percent"
        else random.choice((0, 0.25, 0.57, 0.999999, 1))
        for name in chosen
    }


def where(random: Draw) -> dict[str, Any]:
    names = ("amount", "amount", "genre", "vip", "version", "version", "version", "version", ODD)
    name = random.choice(names)
    values: dict[str, tuple[Any, ...]] = {
        "amount": (20, 50, 50.0, 75.5),
        "genre": GENRES,
        "vip": (True, False),
        "version": VERSIONS,
        ODD: ("x", 1, False),
    }
    return {"property": name, **comparisons(random, "where", values[name])}


def profile(random: Draw) -> dict[str, Any]:
    names = ("plan", "city", "age", "member", "joined", "app", "unknown")
    name = random.choices(names, (5, 5, 4, 4, 9, 20, 1))[0]
    some = random.randint(0, DAYS)
    values: dict[str, tuple[Any, ...]] = {
        "plan": ("free", "basic", "pro"),
        "city": CITIES,
        "age": (25, 40.0, 55),
        "member": (True, False),
        "app": VERSIONS,
        "joined": (iso(some), f"{iso(some)}T12:00:00+02:00", f"{iso(some)}T00:00:00"),
        "unknown": ("x", 1),
    }
    made = {"property": name, **comparisons(random, "profile", values[name])}
    if name == "joined" and random.random() < 0.7:
        way = random.choice(("within_last", "within_next"))
        made = {"property": name, way: {"days": random.choice((1, 7, 30, 60))}}
    return made


def comparisons(random: Draw, place: str, values: tuple[Any, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(random.choice((1, 1, 1, 1, 2))):
        value = random.choice(values)
        options = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "exists"]
        options += ["contains", "starts_with"] if isinstance(value, str) else []
        if values is VERSIONS:
            options += ["version_gte", "version_gt", "version_lte", "version_lt"]
        operator = random.operator(place, options)
        if operator == "exists":
            made["exists"] = random.random() < 0.6
        elif operator == "in":
            made["in"] = random.sample(values, random.randint(1, len(values)))
        elif operator in ("contains", "starts_with"):
            made[operator] = (value or "o")[: random.randint(1, 4)]
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
            if key not in ("property", "event", "goal", "from", "to"):
                found[f"{inside}.{key}".strip(".")] += 1
            combines = key in ("all", "any", "not", "did", "did_not", "sequence")
            found += features(value, "" if combines else key)
    return found
