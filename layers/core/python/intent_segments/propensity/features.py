"""Signals built from any event without set-up: counts per window, recency, tenure, rhythm.

The rules follow what growth products found to carry (ClearBrain's automatic transformations:
recent counts per event, days since, booleans of traits) with one discipline added: everything is
a function of the rows with day <= cut-off, and of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .history import NEVER, EventDays, History, Ints
from .traits import TraitColumn, TraitTable

Matrix = npt.NDArray[np.float32]

WINDOW_EDGES = (0, 7, 14, 28, 56, 91, 182)
"""Disjoint windows, in days before the cut-off: 0-6, 7-13, 14-27, 28-55, 56-90, 91-181, 182 and
more. Whole weeks, so that each window holds every weekday equally often."""

MAX_EVENTS = 16
"""Events that get signals of their own, the goal's first, then by number of users. Together with
traits this makes up to about 200 columns, which a night can compute at 100,000 users a second."""

FAR = 730.0
"""Days that stand for 'never': recency is capped here, two years."""


@dataclass(frozen=True)
class FeaturePlan:
    """Which columns a model has: fixed at training, stored with the model, applied every night.

    `events` are names, so that a plan outlives the codes of one lake. `goal_events` come first.
    """

    events: tuple[str, ...]
    goal_events: tuple[str, ...]
    traits: tuple[TraitColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order; drivers are reported by these."""
        per_event = [
            f"{event}: {signal}"
            for event in self.events
            for signal in (*(f"count {w}" for w in _window_names()), "days since last")
        ]
        return (*per_event, *_GENERAL, *(column.name for column in self.traits))


@dataclass(frozen=True)
class Rhythm:
    """A user's goal days in the terms of buy-till-you-die models (Fader, Hardie and Lee 2005).

    float64 (n,) each: `repeats` x, distinct goal days after the first; `last` t_x, days from first
    to last goal day; `age` T, days from the first goal day to the cut-off; `ever`, bool (n,).
    """

    repeats: npt.NDArray[np.float64]
    last: npt.NDArray[np.float64]
    age: npt.NDArray[np.float64]
    ever: npt.NDArray[np.bool_]

    def rows(self, chosen: npt.NDArray[np.bool_] | Ints) -> Rhythm:
        """The same for some of the users."""
        return Rhythm(self.repeats[chosen], self.last[chosen], self.age[chosen], self.ever[chosen])

    @classmethod
    def join(cls, parts: list[Rhythm]) -> Rhythm:
        """Several cut-offs, one after the other."""
        return cls(
            np.concatenate([p.repeats for p in parts]),
            np.concatenate([p.last for p in parts]),
            np.concatenate([p.age for p in parts]),
            np.concatenate([p.ever for p in parts]),
        )


_GENERAL = (
    "days since first event",
    "days since last event",
    "active days in 28",
    "active days in 91",
    "goal days",
    "goal days since first",
    "goal pace (mean days between)",
    "goal overdue (days since last / pace)",
    "has done it before",
)


def _window_names() -> list[str]:
    ends = [*(str(edge - 1) for edge in WINDOW_EDGES[1:]), ""]
    return [f"{start}-{end} d ago" for start, end in zip(WINDOW_EDGES, ends, strict=True)]


def rhythm(goal_days: EventDays, users: Ints, n_users: int, cutoff: int) -> Rhythm:
    """Goal days up to `cutoff` of `users` (indices below `n_users`)."""
    known = goal_days.day <= cutoff
    user, day = goal_days.user[known], goal_days.day[known]
    count = np.bincount(user, minlength=n_users)
    first = np.full(n_users, cutoff, np.int64)
    last = np.full(n_users, cutoff, np.int64)
    last[user] = day  # pairs are sorted by user, day: the latest day is assigned last
    first[user[::-1]] = day[::-1]
    ever = count > 0
    return Rhythm(
        repeats=np.maximum(count - 1, 0)[users].astype(np.float64),
        last=(last - first)[users].astype(np.float64),
        age=(cutoff - first)[users].astype(np.float64),
        ever=ever[users],
    )


def build(
    plan: FeaturePlan,
    history: History,
    codes: dict[str, int],
    traits: TraitTable,
    beat: Rhythm,
    users: Ints,
    cutoff: int,
) -> Matrix:
    """float32 (len(users), len(plan.names)): one row per user, columns as `plan.names`.

    Counts enter as log(1 + n), days as log(1 + days): effects of both are proportional, and a
    linear model and a tree then see the same thing.
    """
    n = len(history.uh)
    known = history.day <= cutoff
    user, day = history.user[known], history.day[known]
    event, count = history.event[known], history.count[known]
    position = np.full(max([int(event.max(initial=0)), *codes.values()], default=0) + 1, -1)
    for column, name in enumerate(plan.events):
        if name in codes:
            position[codes[name]] = column

    columns = [
        _event_columns(len(plan.events), n, user, position[event], day, count, cutoff)[users],
        _general_columns(history, n, user, day, beat, users, cutoff),
        traits.columns(plan.traits, users, cutoff),
    ]
    return np.concatenate(columns, axis=1)


def _event_columns(
    events: int, n: int, user: Ints, column: Ints, day: Ints, count: Ints, cutoff: int
) -> Matrix:
    """(n, events * (windows + 1)): one bincount over (user, event, window) and one last-day."""
    windows = len(WINDOW_EDGES)
    wanted = column >= 0
    user, column, day, count = user[wanted], column[wanted], day[wanted], count[wanted]
    window = np.searchsorted(WINDOW_EDGES, cutoff - day, side="right") - 1
    cell = (user.astype(np.int64) * events + column) * windows + window
    counts = np.bincount(cell, weights=count, minlength=n * events * windows)
    recency = np.full(n * events, FAR)
    recency[user.astype(np.int64) * events + column] = cutoff - day
    out = np.empty((n, events, windows + 1), np.float32)
    out[:, :, :windows] = np.log1p(counts).reshape(n, events, windows)
    out[:, :, windows] = np.log1p(np.minimum(recency, FAR)).reshape(n, events)
    return out.reshape(n, events * (windows + 1))


def _general_columns(
    history: History, n: int, user: Ints, day: Ints, beat: Rhythm, users: Ints, cutoff: int
) -> Matrix:
    last = np.full(n, cutoff - int(FAR), np.int64)
    last[user] = day
    new_day = np.ones(len(user), bool)
    new_day[1:] = (user[1:] != user[:-1]) | (day[1:] != day[:-1])
    first = history.first_day[users].astype(np.int64)
    tenure = np.where((first != NEVER) & (first <= cutoff), cutoff - first, 0)
    pace = np.where(beat.repeats > 0, beat.last / np.maximum(beat.repeats, 1), FAR)
    since = np.where(beat.ever, beat.age - beat.last, FAR)

    def active_days(window: int) -> npt.NDArray[np.float64]:
        recent = new_day & (day > cutoff - window)
        return np.bincount(user[recent], minlength=n)[users].astype(np.float64)

    return np.stack(
        [
            np.log1p(np.minimum(tenure, 3 * FAR)),
            np.log1p(np.minimum(cutoff - last[users], FAR)),
            np.log1p(active_days(28)),
            np.log1p(active_days(91)),
            np.log1p(np.where(beat.ever, beat.repeats + 1, 0)),
            np.log1p(np.minimum(beat.age, 3 * FAR)),
            np.log1p(np.minimum(pace, FAR)),
            np.log1p(np.minimum(since / np.maximum(pace, 1), 100)),
            beat.ever.astype(np.float64),
        ],
        axis=1,
    ).astype(np.float32)
