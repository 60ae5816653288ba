"""Signals built from any event without set-up: counts per window, recency, tenure, rhythm.

The rules follow what growth products found to carry (ClearBrain's automatic transformations:
recent counts per event, days since, booleans of traits) with one discipline added: everything is
a function of the rows with day <= cut-off, and of nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .history import NEVER, Codes, EventDays, History, Ints, span
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

WIDTH = len(WINDOW_EDGES) + 1
"""Columns of one event: a count per window, and the days since the last time."""

_WINDOW_OF = np.searchsorted(WINDOW_EDGES, np.arange(WINDOW_EDGES[-1] + 1), side="right") - 1
"""By days before the cut-off: the window; everything older is in the last one."""

_LOG_DAYS = np.log1p(np.arange(int(FAR) + 1)).astype(np.float32)

_SCATTERED = 2
"""Where more users in between are left out than are wanted, theirs are picked row by row."""

_CHUNK = 8_192
"""Users worked on at a time: their counts then stay in a processor's cache."""


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
        return (*per_event, *GENERAL, *(column.name for column in self.traits))


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

    def rows(self, chosen: npt.NDArray[np.bool_] | Ints | npt.NDArray[np.int64] | slice) -> Rhythm:
        """The same for some of the users."""
        return Rhythm(self.repeats[chosen], self.last[chosen], self.age[chosen], self.ever[chosen])

    def since(self, age: npt.NDArray[np.float64]) -> Rhythm:
        """Counted from the day that is `age` days before the cut-off, float64 (n,), rather than
        from the first time; `ever` where that day lies in the past. What falls on the day itself is
        not counted."""
        before = np.maximum(age - self.age, 0.0)  # days from then to the first time
        later = self.ever & (before > 0)
        ever = age >= 0
        return Rhythm(
            repeats=np.where(ever, self.repeats + later, 0.0),
            last=np.where(ever & self.ever, self.last + before, 0.0),
            age=np.where(ever, age, 0.0),
            ever=ever,
        )

    @classmethod
    def join(cls, parts: list[Rhythm]) -> Rhythm:
        """Several cut-offs, one after the other."""
        return cls(
            np.concatenate([p.repeats for p in parts]),
            np.concatenate([p.last for p in parts]),
            np.concatenate([p.age for p in parts]),
            np.concatenate([p.ever for p in parts]),
        )


GENERAL = (
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
"""Columns that are of no single event: of all activity, then of the goal's rhythm."""


def _window_names() -> list[str]:
    ends = [*(str(edge - 1) for edge in WINDOW_EDGES[1:]), ""]
    return [f"{start}-{end} d ago" for start, end in zip(WINDOW_EDGES, ends, strict=True)]


def rhythm(goal_days: EventDays, users: Ints, cutoff: int) -> Rhythm:
    """Goal days up to `cutoff` of `users`, positions in ascending order."""
    if not len(users):
        return Rhythm(np.empty(0), np.empty(0), np.empty(0), np.empty(0, bool))
    base, end = int(users[0]), int(users[-1]) + 1
    low, high = span(goal_days.user, base, end - 1)
    known = low + np.flatnonzero(goal_days.day[low:high] <= cutoff)
    user, day = goal_days.user[known] - base, goal_days.day[known]
    count = np.bincount(user, minlength=end - base)
    first = np.full(end - base, cutoff, np.int64)
    last = np.full(end - base, cutoff, np.int64)
    last[user] = day  # pairs are sorted by user, day: the latest day is assigned last
    first[user[::-1]] = day[::-1]
    at = users - base
    return Rhythm(
        repeats=np.maximum(count - 1, 0)[at].astype(np.float64),
        last=(last - first)[at].astype(np.float64),
        age=(cutoff - first)[at].astype(np.float64),
        ever=(count > 0)[at],
    )


def build(
    plan: FeaturePlan,
    history: History,
    codes: dict[str, int],
    traits: TraitTable,
    beat: Rhythm,
    users: Ints,
    cutoff: int,
    out: Matrix,
) -> None:
    """Fill `out`, float32 (len(users), len(plan.names)): one row per user, columns as `plan.names`.

    `users` are positions in `history`, ascending and unique, and `beat` is theirs.
    Counts enter as log(1 + n), days as log(1 + days): effects of both are proportional, and a
    linear model and a tree then see the same thing.
    """
    column = _column_of_code(plan, history, codes)
    general = len(plan.events) * WIDTH
    rest = general + len(GENERAL)
    for start in range(0, len(users), _CHUNK):
        some = slice(start, start + _CHUNK)
        rows = _Rows.known(history, users[some], cutoff)
        out[some, :general] = _event_columns(rows, column, len(plan.events))
        out[some, general:rest] = _general_columns(history, rows, beat.rows(some), users[some])
    out[:, rest:] = traits.columns(plan.traits, users, cutoff)


@dataclass(frozen=True)
class _Rows:
    """What `n` users did up to `cutoff`, in no order: `row` int64 (m,), which of the users it was,
    and the columns of History, the day as int32 days `ago`."""

    n: int
    cutoff: int
    row: npt.NDArray[np.int64]
    event: Codes
    ago: Ints
    count: Ints

    @classmethod
    def known(cls, history: History, users: Ints, cutoff: int) -> _Rows:
        first, last = int(users[0]), int(users[-1])
        if len(users) * _SCATTERED < last - first:
            # Few of those in between: their rows are picked, the others not looked at.
            ends = history.ends[users]
            counts = ends - history.ends[users - 1]
            row = np.repeat(np.arange(len(users)), counts)
            at = np.arange(len(row)) + np.repeat(ends - np.cumsum(counts), counts)
            known = np.flatnonzero(history.day[at] <= cutoff)
            row, at = row[known], at[known]
        else:
            low, high = span(history.user, first, last)
            row_of_user = np.full(last - first + 1, -1, np.int64)
            row_of_user[users - first] = np.arange(len(users))
            row = row_of_user[history.user[low:high] - first]
            known = np.flatnonzero((row >= 0) & (history.day[low:high] <= cutoff))
            row, at = row[known], low + known
        ago = cutoff - history.day[at]
        return cls(len(users), cutoff, row, history.event[at], ago, history.count[at])


def _column_of_code(plan: FeaturePlan, history: History, codes: dict[str, int]) -> Ints:
    """int32, by event code: the position in `plan.events`, -1 for events without signals."""
    highest = max(int(history.event.max(initial=0)), *codes.values(), 0)
    column = np.full(highest + 1, -1, np.int32)
    for position, name in enumerate(plan.events):
        if name in codes:
            column[codes[name]] = position
    return column


def _event_columns(rows: _Rows, column: Ints, events: int) -> Matrix:
    """(n, events * WIDTH): counts per window and days since the last time, event by event."""
    # Events without signals count too, in a place of their own that is left out at the end: that
    # is faster than to pick the others.
    places = events + 1
    pair = rows.row * places
    pair += np.where(column < 0, events, column)[rows.event]
    since = np.full(rows.n * places, int(FAR), np.int32)
    np.minimum.at(since, pair, rows.ago)
    pair *= WIDTH
    pair += _WINDOW_OF[np.minimum(rows.ago, WINDOW_EDGES[-1])]
    counts = np.zeros(rows.n * places * WIDTH, np.int32)
    np.add.at(counts, pair, rows.count)
    out = np.zeros(len(counts), np.float32)
    some = np.flatnonzero(counts)  # most counts are 0, and so is their logarithm
    out[some] = np.log1p(counts[some])
    out[WIDTH - 1 :: WIDTH] = _LOG_DAYS[since]
    return out.reshape(rows.n, places * WIDTH)[:, : events * WIDTH]


def _general_columns(history: History, rows: _Rows, beat: Rhythm, users: Ints) -> Matrix:
    """(n, len(GENERAL)): what is of no single event, and the rhythm of the goal."""
    cutoff = rows.cutoff
    since_any = np.full(rows.n, int(FAR), np.int32)
    np.minimum.at(since_any, rows.row, rows.ago)
    lately = np.flatnonzero(rows.ago < 91)
    active = np.zeros((rows.n, 91), bool)
    active[rows.row[lately], rows.ago[lately]] = True
    first = history.first_day[users].astype(np.int64)
    tenure = np.where((first != NEVER) & (first <= cutoff), cutoff - first, 0)
    pace = np.where(beat.repeats > 0, beat.last / np.maximum(beat.repeats, 1), FAR)
    since = np.where(beat.ever, beat.age - beat.last, FAR)
    return np.stack(
        [
            np.log1p(np.minimum(tenure, 3 * FAR)),
            np.log1p(since_any),
            np.log1p(active[:, :28].sum(axis=1)),
            np.log1p(active.sum(axis=1)),
            np.log1p(np.where(beat.ever, beat.repeats + 1, 0)),
            np.log1p(np.minimum(beat.age, 3 * FAR)),
            np.log1p(np.minimum(pace, FAR)),
            np.log1p(np.minimum(since / np.maximum(pace, 1), 100)),
            beat.ever,
        ],
        axis=1,
        dtype=np.float32,
        casting="same_kind",
    )
