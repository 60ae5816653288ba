"""What was measured of nights, kept as data, and the section of docs/benchmarks.md made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .page import table

TITLE = "A night of five goals"
KEPT = Path(__file__).with_name("nights.json")
"""The measurements that docs/benchmarks.md shows, and that docs/capacity.md reckons with."""
STEPS = ("Plan", "Train", "ScoreUsers", "Publish")


@dataclass(frozen=True)
class Measured:
    """One night. `work` is what the run says of itself, `requests` those of a kind, `clock` and
    `processor` seconds of the whole run, `floor` processor seconds of reading and predicting."""

    users: int
    groups: int
    goals: int
    events_per_user: int
    at_once: int
    events: int
    rows: int
    members: int
    work: Mapping[str, Any]
    requests: Mapping[str, int]
    clock: float
    processor: float
    floor: tuple[float, float]

    def step(self, name: str) -> Mapping[str, Any]:
        """What a step took, all its jobs added up."""
        found: Mapping[str, Any] = next(one for one in self.work["steps"] if one["step"] == name)
        return found


def keep(night: Measured) -> list[Measured]:
    """Write a measurement down, in the place of an earlier one of the same size; all there are."""
    size = (night.events_per_user, night.users)
    others = [one for one in kept() if (one.events_per_user, one.users) != size]
    nights = sorted([*others, night], key=lambda one: (one.events_per_user, one.users))
    KEPT.write_text(json.dumps([asdict(one) for one in nights], indent=1) + "\n", "utf-8")
    return nights


def kept() -> list[Measured]:
    """The measurements that were written down last."""
    return [
        Measured(**{**entry, "floor": tuple(entry["floor"])})
        for entry in json.loads(KEPT.read_text("utf-8"))
    ]


def report(nights: Sequence[Measured]) -> str:
    """The section of docs/benchmarks.md: a column per night, and how much more the second takes
    than the first where there are two of users who do as much."""
    head = ["one night", *(f"{one.users:,} users" for one in nights)]
    compared = len(nights) > 1 and nights[0].events_per_user == nights[1].events_per_user
    if compared:
        head.insert(3, "ratio")
    rows = []
    for name, value, shown in ROWS:
        cells = [name, *(shown(value(one)) for one in nights)]
        if compared:
            cells.insert(3, ratio(value(nights[0]), value(nights[1])))
        rows.append(cells)
    commands = "\n".join(
        f"python -m bench night --users {one.users} --per-user {one.events_per_user} "
        "--write docs/benchmarks.md"
        for one in nights
    )
    return f"""\
```sh
{commands}
```

Five goals (to maximise, to minimise, rolling, with a filtered event, all of two events) on
generated lakes of so many events a user and year. State machine, functions and tables are those of
the local stack, {nights[0].at_once} groups at once. Seconds of a step are added up over its jobs;
peaks are those of the process that had the most. Processor seconds are those of every process of
the stack, the stand-ins for S3, DynamoDB and Step Functions among them, and do not depend on what
else the machine does; seconds and minutes do. The floor is processor time too: to read the activity
once, and to have each goal's bare estimators predict on a matrix that is ready. Dollars are the
run's own estimate at list prices, for the seconds measured here.

{table(head, rows)}"""


def ratio(small: float, large: float) -> str:
    return f"{large / small:.2f}" if small and large else ""


def of_step(name: str, key: str) -> Callable[[Measured], float]:
    """A figure of a step."""

    def value(one: Measured) -> float:
        return float(one.step(name)[key])

    return value


def whole(number: float) -> str:
    return f"{number:,.0f}"


def known(number: float) -> str:
    """Nothing where it was not measured."""
    return whole(number) if number else ""


ROWS: tuple[tuple[str, Callable[[Measured], float], Callable[[float], str]], ...] = (
    ("events a user and year", lambda one: one.events_per_user, whole),
    ("groups", lambda one: one.groups, whole),
    ("events", lambda one: one.events, whole),
    ("rows of activity", lambda one: one.rows, whole),
    ("members scored, all goals", lambda one: one.members, whole),
    ("minutes", lambda one: one.clock / 60, lambda number: f"{number:.1f}"),
    ("members a second", lambda one: one.members / one.clock, whole),
    ("processor seconds", lambda one: one.processor, whole),
    ("floor: reading", lambda one: one.floor[0], lambda number: f"{number:.1f}"),
    ("floor: predicting", lambda one: one.floor[1], lambda number: f"{number:.1f}"),
    (
        "processor seconds / floor",
        lambda one: one.processor / sum(one.floor),
        lambda number: f"{number:.2f}",
    ),
    *(
        (f"{step}, seconds", of_step(step, "seconds"), lambda number: f"{number:,.1f}")
        for step in STEPS
    ),
    *((f"{step}, peak MB", of_step(step, "peak_mb"), known) for step in STEPS),
    *(
        (words, (lambda one, kind=kind: one.requests[kind]), whole)
        for kind, words in (
            ("s3_reads", "S3, GET and HEAD"),
            ("s3_writes", "S3, PUT and LIST"),
            ("table_reads", "DynamoDB, read units"),
            ("table_writes", "DynamoDB, write units"),
        )
    ),
    ("MB read", lambda one: one.work["bytes_read"] / 1e6, whole),
    ("MB written", lambda one: one.work["bytes_written"] / 1e6, whole),
    (
        "dollars",
        lambda one: one.work["estimated_dollars"],
        lambda number: f"{number:.4f}",
    ),
)
