"""What a night counts of a goal for its uplift: members in both arms, by who they were before.

It is no part of the night's item, which has room for what everybody looks at, but a document of its
own, which the item names by its checksum. With every night's counts it carries on those of the
nights before: they are the looks that intervals have to allow for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from .buckets import Bucket
from .strata import Strata
from .target_group import Arm

GOAL, HOLDOUT = "goal", "holdout"
"""The population of all members whom campaigns may reach, and that of all members, in which the
account's holdout stands in the place of control; those of engagements are called by their ids."""

BUCKETS, ARMS = tuple(Bucket), tuple(Arm)

Cell = tuple[int, int]
"""(bucket, arm)"""


@dataclass(frozen=True)
class Amounts:
    """Of one bucket and arm: users who `did` it at all; of the numbers of their events the sum and
    the sum of squares, `n` and `nn`; of their amounts, in 1e-6, the same as `total` and `squares`,
    and how many have one (`payers`)."""

    did: int = 0
    payers: int = 0
    n: int = 0
    nn: int = 0
    total: int = 0
    squares: int = 0

    def __add__(self, other: Amounts) -> Amounts:
        mine, theirs = astuple(self), astuple(other)
        return Amounts(*(a + b for a, b in zip(mine, theirs, strict=True)))


Measured = Mapping[Cell, Amounts]


@dataclass(frozen=True)
class Population:
    """Members who are compared: `strata` by what was known when they came in, with who did the
    goal's events since; `metrics` the other events of the same members, by metric id."""

    strata: Strata = field(default_factory=Strata)
    metrics: Mapping[str, Measured] = field(default_factory=dict)

    def __add__(self, other: Population) -> Population:
        return Population(
            self.strata + other.strata,
            {
                metric: _added(self.metrics.get(metric, {}), other.metrics.get(metric, {}))
                for metric in self.metrics.keys() | other.metrics.keys()
            },
        )

    def look(self, metric: str | None = None) -> Look:
        """Members and who did it: the goal's events, or those of a metric."""
        cells = []
        for bucket in BUCKETS:
            for arm in ARMS:
                stratum = self.strata.of(arm, bucket)
                did = stratum.did
                if metric is not None:
                    did = self.metrics[metric].get((bucket, arm), Amounts()).did
                cells += [stratum.users, did]
        return tuple(cells)

    def to_json(self) -> dict[str, Any]:
        return {
            "strata": self.strata.to_json(),
            "metrics": {
                metric: [[*cell, *astuple(cells[cell])] for cell in sorted(cells)]
                for metric, cells in self.metrics.items()
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Population:
        """The inverse of `to_json`."""
        metrics = {
            metric: {(int(row[0]), int(row[1])): Amounts(*map(int, row[2:])) for row in rows}
            for metric, rows in document["metrics"].items()
        }
        return cls(Strata.from_json(document["strata"]), metrics)


Look = tuple[int, ...]
"""(users, did) of test and control for the least, the moderately and the most likely in turn."""


@dataclass(frozen=True)
class Overlap:
    """Of two goals: members of `both`, those of them in the control group of the one (`here`), of
    the other (`there`), and of both goals (`twice`)."""

    both: int = 0
    here: int = 0
    there: int = 0
    twice: int = 0

    def __add__(self, other: Overlap) -> Overlap:
        mine, theirs = astuple(self), astuple(other)
        return Overlap(*(a + b for a, b in zip(mine, theirs, strict=True)))


@dataclass(frozen=True)
class Effects:
    """Counts of one goal in one user group at the end of one day, by population; `overlaps` with
    the other goals of the night, by their ids. `+` merges groups.

    Of a rolling goal, GOAL is the window that is complete, by what was known when it began.
    """

    populations: Mapping[str, Population] = field(default_factory=dict)
    overlaps: Mapping[str, Overlap] = field(default_factory=dict)

    def __add__(self, other: Effects) -> Effects:
        nobody, nothing = Population(), Overlap()
        return Effects(
            {
                name: self.populations.get(name, nobody) + other.populations.get(name, nobody)
                for name in self.populations.keys() | other.populations.keys()
            },
            {
                goal: self.overlaps.get(goal, nothing) + other.overlaps.get(goal, nothing)
                for goal in self.overlaps.keys() | other.overlaps.keys()
            },
        )

    def faults(self, members: int) -> list[str]:
        """The rules that these counts break in a tally of so many `members`."""
        whole = self.populations.get(HOLDOUT) or self.populations.get(GOAL)
        if whole is not None and whole.strata.users != members:
            return ["members = sum of strata users"]
        return []

    def to_json(self) -> dict[str, Any]:
        return {
            "populations": {name: found.to_json() for name, found in self.populations.items()},
            "overlaps": {goal: list(astuple(found)) for goal, found in self.overlaps.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Effects:
        """The inverse of `to_json`; nothing of what an older version did not count."""
        populations, overlaps = document.get("populations", {}), document.get("overlaps", {})
        return cls(
            {name: Population.from_json(found) for name, found in populations.items()},
            {goal: Overlap(*map(int, found)) for goal, found in overlaps.items()},
        )


@dataclass(frozen=True)
class Followed:
    """A night's counts, and the looks up to it: by (population, metric id or None), in the order of
    their days, [(ISO date, look), …]."""

    effects: Effects
    looks: Mapping[tuple[str, str | None], Sequence[tuple[str, Look]]] = field(default_factory=dict)

    @classmethod
    def after(cls, before: Followed | None, effects: Effects, day: str) -> Followed:
        """Tonight's, carried on from those of the night before. What is not counted any more leaves
        with its looks."""
        known = {} if before is None else before.looks
        looks = {}
        for name, population in effects.populations.items():
            for metric in (None, *population.metrics):
                earlier = known.get((name, metric), ())
                looks[name, metric] = [*earlier, (day, population.look(metric))]
        return cls(effects, looks)

    def to_json(self) -> dict[str, Any]:
        return {
            **self.effects.to_json(),
            "looks": [
                [name, metric, [[day, *look] for day, look in looks]]
                for (name, metric), looks in sorted(
                    self.looks.items(), key=lambda entry: (entry[0][0], entry[0][1] or "")
                )
            ],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Followed:
        """The inverse of `to_json`."""
        looks = {
            (name, metric): [(row[0], tuple(map(int, row[1:]))) for row in rows]
            for name, metric, rows in document["looks"]
        }
        return cls(Effects.from_json(document), looks)


def _added(one: Measured, other: Measured) -> Measured:
    nothing = Amounts()
    return {
        cell: one.get(cell, nothing) + other.get(cell, nothing)
        for cell in one.keys() | other.keys()
    }
