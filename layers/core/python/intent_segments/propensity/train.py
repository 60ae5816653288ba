"""Fitting a goal's model on past cut-offs, each seen as it stood then.

A training row is a member of the segment AS OF a past start, still open some days later, with the
features of that later day and the answer known by `now`. The ages make one model serve every night
of the goal: the days that remain are a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from .buy_till_you_die import fit as fit_dying
from .evidence import Evidence, Rows
from .learners import Trees, fit_linear, fit_trees, one_thread
from .model import Model

MOST_STARTS = 8
SPACING_WEEKS = 4
"""Training starts lie this far apart, closer where history is short. Months are noisy and their
noise does not last: eight of them, equally heard, kept the count's error on retail series a fifth
below that of two recent and four older ones."""

MIN_POSITIVES = {"small": 20, "full": 200}
"""The ladder: achievements needed in the training rows for the linear model, and for trees beside
it (about 10 events per free parameter is the classical rule; ridge stretches it)."""

LINEAR_ROWS = (8_000, 24_000)
TREE_ROWS = (6_000, 10_000)
"""Training rows kept of those who did it, and of those who did not. What is left out is made up for
by weight (King and Zeng 2001, "Logistic regression in rare events data", Political Analysis 9):
beside a few thousand of one kind, more of the other tell hardly anything new."""

WORKERS = 2
"""Fits at the same time: as many as the functions have processors. Fitting is compiled code, which
lets another thread work."""

MIN_HISTORY_DAYS = 7
"""Days of history before the earliest start: a week shows each weekday once."""


@dataclass(frozen=True)
class TrainingSet:
    """Rows to learn from: `columns` float32 (n, k + 1), `did` bool (n,), and `weight` float64 (n,),
    how many rows each stands for."""

    columns: npt.NDArray[np.float32]
    did: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.float64]


def training_starts(evidence: Evidence, now: int, most: int = MOST_STARTS) -> tuple[int, ...]:
    """At most `most` past cut-offs with members whose whole horizon is known by `now`, newest
    first.

    History counts from the day on which the goal's events began to be recorded.
    """
    # History has to reach back to the day whose members are asked about.
    earliest = evidence.earliest_day + evidence.question.age
    horizon = evidence.question.horizon
    starts = window_starts(now, horizon, earliest, most)
    if now == evidence.question.as_of:
        # Past forecasts will learn from starts of their own: the segment is asked once for all.
        known = {*starts, *window_starts(now, horizon, earliest)}
        earlier = {start for day in known for start in window_starts(day, horizon, earliest)}
        evidence.foresee({now} | known | earlier)
    return tuple(start for start in starts if len(evidence.members(start)))


def window_starts(now: int, horizon: int, earliest_day: int, most: int = MOST_STARTS) -> list[int]:
    """Starts of at most `most` windows inside the days `earliest_day` .. `now`, newest first.

    All lie whole weeks before `now`, so that every window covers the weekdays that the coming one
    will. Where history is too short for a whole week's distance, the one window that just fits is
    used.
    """
    newest = now - 7 * ceil(horizon / 7)
    earliest = earliest_day + MIN_HISTORY_DAYS - 1
    room = (newest - earliest) // 7
    spacing = min(SPACING_WEEKS, max(1, ceil(room / max(most - 1, 1))))
    starts = [
        newest - 7 * back
        for back in range(0, spacing * most, spacing)
        if newest - 7 * back >= earliest
    ]
    if not starts and now - horizon >= earliest:
        starts = [now - horizon]
    return starts


def training_ages(horizon: int, running: bool) -> tuple[int, ...]:
    """Days after the start at which rows are taken: the first alone for a forecast."""
    if not running:
        return (0,)
    return tuple(sorted({0, *(horizon * quarter // 4 for quarter in (1, 2, 3))} - {horizon}))


def gather(evidence: Evidence, starts: tuple[int, ...], ages: tuple[int, ...]) -> TrainingSet:
    """The rows of every start and age, thinned to LINEAR_ROWS, with their answers."""
    parts = [evidence.sampled(start, age) for start in starts for age in ages]
    did = [_answers(evidence, part) for part in parts]
    kept, weight = thinned(np.concatenate(did), *LINEAR_ROWS)
    ends = np.cumsum([len(part.users) for part in parts])
    bounds = np.searchsorted(kept, [0, *ends])
    columns = [
        part.columns[kept[low:high] - (end - len(part.users))]
        for part, end, low, high in zip(parts, ends, bounds[:-1], bounds[1:], strict=True)
    ]
    return TrainingSet(np.concatenate(columns), np.concatenate(did)[kept], weight)


def _answers(evidence: Evidence, part: Rows) -> npt.NDArray[np.bool_]:
    if not len(part.users):
        return np.empty(0, bool)
    return evidence.goal.within(part.users, part.cutoff, int(part.remaining[0]))


def thinned(
    did: npt.NDArray[np.bool_], done: int, not_done: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Positions, ascending, of at most so many rows of either answer, evenly spread; and how many
    rows each of them stands for."""
    weight = np.zeros(len(did))
    for answer, most in ((True, done), (False, not_done)):
        rows = np.flatnonzero(did == answer)
        kept = rows[np.arange(min(most, len(rows))) * len(rows) // max(min(most, len(rows)), 1)]
        weight[kept] = len(rows) / max(len(kept), 1)
    positions = np.flatnonzero(weight)
    return positions, weight[positions]


def train(evidence: Evidence, now: int, running: bool) -> Model:
    """Fit every family that the number of achievements carries; `running` for a saved goal.

    The result has no level yet: `forecast` sets it. There must be training starts by `now`.
    """
    starts = training_starts(evidence, now)
    horizon = evidence.question.horizon
    first = np.concatenate([_answers(evidence, evidence.sampled(start)) for start in starts])
    done = int(first.sum())
    base = (done + 0.5) / (len(first) + 1)  # Jeffreys' prior: never exactly 0 or 1
    enough = min(done, len(first) - done)
    model = Model(evidence.plan, horizon=horizon, learned=horizon, base_rate=float(base))
    if enough < MIN_POSITIVES["small"]:
        return model
    rows = gather(evidence, starts, training_ages(horizon, running))
    with one_thread():
        return replace(
            model,
            linear=fit_linear(rows.columns, rows.did, rows.weight),
            trees=_fit_trees(rows) if enough >= MIN_POSITIVES["full"] else None,
            dying=fit_dying(evidence.beat_of_all(now)) if evidence.repeated else None,
        )


def train_each(evidence: Evidence, days: Sequence[int]) -> dict[int, Model]:
    """`train(evidence, day, running=False)` of several days: rows first, one after the other, then
    the fits, WORKERS at a time."""
    for day in days:
        evidence.sampled(day)
        for start in training_starts(evidence, day):
            evidence.sampled(start)
    with one_thread(), ThreadPoolExecutor(WORKERS) as pool:
        models = pool.map(lambda day: train(evidence, day, running=False), days)
        return dict(zip(days, models, strict=True))


def _fit_trees(rows: TrainingSet) -> Trees:
    kept, weight = thinned(rows.did, *TREE_ROWS)
    return fit_trees(rows.columns[kept], rows.did[kept], weight * rows.weight[kept])


def longest_window(evidence: Evidence, now: int) -> int:
    """The longest period in days for which history holds a past window; 0 or less for none."""
    return now - (evidence.earliest_day + evidence.question.age + MIN_HISTORY_DAYS - 1)
