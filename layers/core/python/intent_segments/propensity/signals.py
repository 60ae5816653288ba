"""Plain conditions on a user: what a model's columns say, back in counts, days and words.

A model sees log(1 + count) in disjoint windows. People ask "at least twice in the past week?". A
`Signal` is such a question; it reads its answer from the same columns that the model reads, so it
can know nothing of a user that the model does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .features import FAR, WINDOW_EDGES, FeaturePlan, Matrix
from .traits import TraitColumn

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Kind = Literal[
    "count",
    "first_seen",
    "last_seen",
    "active_days",
    "goal_days",
    "pace",
    "overdue",
    "is",
    "other",
    "known",
    "true",
    "number",
    "days_since",
]

SLACK = 1e-5
"""Relative. Columns are float32 logarithms: an exact 30 comes back as 29.999998."""


@dataclass(frozen=True)
class Signal:
    """`measure >= least`, or the opposite when `negated`.

    `name` is an event or a trait; `value` the value of a string trait; `days` the window of counts
    and active days (None: ever). Days and counts are whole; the unit of `least` goes by the kind:
    times for count, days for first_seen, last_seen, active_days, goal_days, pace and days_since,
    usual gaps for overdue, the trait's own for number.
    """

    kind: Kind
    name: str
    least: float
    days: int | None = None
    value: str | None = None
    negated: bool = False

    def opposite(self) -> Signal:
        """The condition of everybody for whom this one does not hold."""
        return replace(self, negated=not self.negated)

    def holds(self, plan: FeaturePlan, features: Matrix) -> Bools:
        """bool (n,) for float32 (n, k): columns as `plan.names`, further ones are passed over."""
        measure = Columns(plan, features).measure(self)
        return self.above(measure) != self.negated

    def above(self, measure: Floats) -> Bools:
        """bool (n,): `measure >= least`, as exact as float32 columns are."""
        return measure >= lowered(self.least)

    @property
    def text(self) -> str:
        """Plain words without a subject: `did Concert Viewed at least 2 times in the past 7 days`,
        `has not done App Launched in the past 28 days`, `city is Berlin`."""
        holds, fails = _WORDS[self.kind](self)
        return fails if self.negated else holds

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Signal:
        return cls(**document)


def lowered(least: float) -> float:
    """A threshold that a float32 logarithm of the same number still reaches."""
    return least - SLACK * max(1.0, abs(least))


@dataclass(frozen=True)
class Columns:
    """A feature matrix by name. `features` is float32 (n, at least len(plan.names))."""

    plan: FeaturePlan
    features: Matrix

    def measure(self, signal: Signal) -> Floats:
        """float64 (n,): what `signal` compares with its threshold; -inf where it is unknown."""
        return _MEASURES[signal.kind](self, signal)

    def family(self, signal: Signal) -> tuple[int, ...]:
        """Positions of the columns that tell of the same thing: all of an event, of a trait."""
        plan = self.plan
        width = len(WINDOW_EDGES) + 1
        only = plan.goal_events if len(plan.goal_events) == 1 else ()
        if signal.kind == "count" or (signal.kind in _OF_THE_GOAL and only):
            first = plan.events.index(signal.name) * width
            counts = tuple(range(first, first + width))
            # The rhythm of a goal with one event is about that very event.
            return counts if signal.name not in only else counts + self._positions(_RHYTHM)
        if signal.kind in ("is", "other", "known", "true", "number", "days_since"):
            first = len(plan.names) - len(plan.traits)
            return tuple(
                first + at
                for at, column in enumerate(plan.traits)
                if column.property == signal.name
            )
        return self._positions(_GENERAL_FAMILIES[signal.kind])

    def general(self, name: str) -> int:
        """Position of a column that is of no single event."""
        return self.plan.names.index(name, len(self.plan.events) * (len(WINDOW_EDGES) + 1))

    def count(self, signal: Signal) -> Floats:
        """Times of an event in the past `days` days, a sum of whole windows."""
        first = self.plan.events.index(signal.name) * (len(WINDOW_EDGES) + 1)
        windows = len(WINDOW_EDGES)
        if signal.days is not None:
            windows = WINDOW_EDGES.index(signal.days)
        total = np.zeros(len(self.features))
        for window in range(windows):
            total += self._plain(first + window)
        return total

    def first_seen(self, _: Signal) -> Floats:
        """Days since the first event; endless for users without any."""
        tenure, last = self._named("days since first event"), self._named("days since last event")
        return np.where((last >= lowered(FAR)) & (tenure < 1), np.inf, tenure)

    def last_seen(self, _: Signal) -> Floats:
        return self._named("days since last event")

    def active_days(self, signal: Signal) -> Floats:
        return self._named(f"active days in {signal.days}")

    def goal_days(self, _: Signal) -> Floats:
        return self._named("goal days")

    def pace(self, _: Signal) -> Floats:
        return self._named("goal pace (mean days between)")

    def overdue(self, signal: Signal) -> Floats:
        """Usual gaps since the last time; 0 for users who have no usual gap yet."""
        gaps = self._named("goal overdue (days since last / pace)")
        return np.where(self.pace(signal) < lowered(FAR), gaps, 0.0)

    def trait(self, signal: Signal) -> Floats:
        """The trait's value; -inf where the user lacks it."""
        if signal.kind == "is":
            return self._flag(TraitColumn(signal.name, signal.value))
        if signal.kind == "other":
            return self._flag(TraitColumn(signal.name, other=True))
        known = self._flag(TraitColumn(signal.name, known=True))
        if signal.kind == "known":
            return known
        value = self._flag(TraitColumn(signal.name))
        if signal.kind != "true":
            value = np.sign(value) * np.expm1(np.abs(value))
        return np.where(known > 0, value, -np.inf)

    def _positions(self, names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(self.general(name) for name in names)

    def _flag(self, column: TraitColumn) -> Floats:
        first = len(self.plan.names) - len(self.plan.traits)
        at = self.plan.traits.index(column)
        return self.features[:, first + at].astype(np.float64)

    def _named(self, name: str) -> Floats:
        return self._plain(self.general(name))

    def _plain(self, at: int) -> Floats:
        return np.expm1(self.features[:, at].astype(np.float64))


_MEASURES: dict[Kind, Callable[[Columns, Signal], Floats]] = {
    "count": Columns.count,
    "first_seen": Columns.first_seen,
    "last_seen": Columns.last_seen,
    "active_days": Columns.active_days,
    "goal_days": Columns.goal_days,
    "pace": Columns.pace,
    "overdue": Columns.overdue,
    "is": Columns.trait,
    "other": Columns.trait,
    "known": Columns.trait,
    "true": Columns.trait,
    "number": Columns.trait,
    "days_since": Columns.trait,
}

_ACTIVITY = ("days since last event", "active days in 28", "active days in 91")
_RHYTHM = (
    "goal days",
    "goal days since first",
    "goal pace (mean days between)",
    "goal overdue (days since last / pace)",
    "has done it before",
)
_OF_THE_GOAL: tuple[Kind, ...] = ("goal_days", "pace", "overdue")
_GENERAL_FAMILIES: dict[Kind, tuple[str, ...]] = {
    "first_seen": ("days since first event",),
    "last_seen": _ACTIVITY,
    "active_days": _ACTIVITY,
    "goal_days": _RHYTHM,
    "pace": _RHYTHM,
    "overdue": _RHYTHM,
}


def _times(least: float) -> str:
    return "once" if least == 1 else f"{least:g} times"


def _gaps(least: float) -> str:
    return "the usual gap" if least == 1 else f"{least:g} times the usual gap"


def _count_words(signal: Signal) -> tuple[str, str]:
    when = "ever" if signal.days is None else f"in the past {signal.days} days"
    if signal.least == 1:
        did = f"did {signal.name} {'before' if signal.days is None else when}"
        never = f"has never done {signal.name}"
        return did, never if signal.days is None else f"has not done {signal.name} {when}"
    did = f"did {signal.name} at least {_times(signal.least)} {when}"
    return did, f"did {signal.name} fewer than {_times(signal.least)} {when}"


def _since_words(signal: Signal) -> tuple[str, str]:
    name, days = signal.name, f"{abs(signal.least):g} days"
    if signal.least > 0:
        earlier = f"{name} was {days} ago or earlier"
        return earlier, f"{name} was less than {days} ago, lies ahead or is not known"
    if signal.least == 0:
        return f"{name} has passed", f"{name} lies ahead or is not known"
    near = f"{name} has passed or is at most {days} ahead"
    return near, f"{name} is more than {days} ahead or not known"


_WORDS: dict[Kind, Callable[[Signal], tuple[str, str]]] = {
    "count": _count_words,
    "first_seen": lambda s: (
        f"first seen {s.least:g} days ago or earlier",
        f"first seen within the past {s.least:g} days",
    ),
    "last_seen": lambda s: (
        f"has done nothing for {s.least:g} days or more",
        f"was active in the past {s.least:g} days",
    ),
    "active_days": lambda s: (
        f"was active on at least {s.least:g} of the past {s.days} days",
        f"was active on fewer than {s.least:g} of the past {s.days} days",
    ),
    "goal_days": lambda s: (
        f"did {s.name} on at least {s.least:g} days so far",
        f"did {s.name} on fewer than {s.least:g} days so far",
    ),
    "pace": lambda s: (
        f"does {s.name} every {s.least:g} days at most, or did not repeat it yet",
        f"does {s.name} more often than every {s.least:g} days on average",
    ),
    "overdue": lambda s: (
        f"has gone {_gaps(s.least)} or longer without {s.name}",
        f"has not gone {_gaps(s.least)} without {s.name}, or has no usual gap yet",
    ),
    "is": lambda s: (f"{s.name} is {s.value}", f"{s.name} is not {s.value}"),
    "other": lambda s: (
        f"{s.name} is none of its frequent values",
        f"{s.name} is one of its frequent values or not known",
    ),
    "known": lambda s: (f"{s.name} is known", f"{s.name} is not known"),
    "true": lambda s: (f"{s.name} is true", f"{s.name} is not true"),
    "number": lambda s: (
        f"{s.name} is at least {s.least:,g}",
        f"{s.name} is below {s.least:,g} or not known",
    ),
    "days_since": _since_words,
}
