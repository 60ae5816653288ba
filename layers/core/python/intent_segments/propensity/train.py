"""Fitting a goal's model on past cut-offs, each seen as it stood then.

A training row is a member of the segment AS OF a past start, still open some days later, with the
features of that later day and the answer known by `now`. The ages make one model serve every night
of the goal: the days that remain are a column.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np

from .buy_till_you_die import fit as fit_dying
from .cases import TrainingSet, thinned
from .evidence import Evidence
from .learners import Trees, fit_linear, fit_trees, one_thread
from .model import Model

MOST_STARTS = 8
MOST_ORIGINS = 6
"""Past forecasts, a month apart where history allows: errors of neighbouring weeks repeat each
other, those of other months tell something new."""

SPACING_WEEKS = 4
"""Training starts lie this far apart, closer where history is short. Months are noisy and their
noise does not last: eight of them, equally heard, kept the count's error on retail series a fifth
below that of two recent and four older ones."""

MIN_POSITIVES = {"small": 20, "full": 200}
"""The ladder: achievements needed in the training rows for the linear model, and for trees beside
it (about 10 events per free parameter is the classical rule; ridge stretches it)."""

LINEAR_ROWS = (8_000, 24_000)
TREE_ROWS = (6_000, 10_000)
"""Training rows kept of those who did it, and of those who did not (see `cases`), the starts and
ages having equal parts of them."""

MIN_HISTORY_DAYS = 7
"""Days of history before the earliest start: a week shows each weekday once."""

YEAR = 364
"""Days: whole weeks, so that a window of last year has the weekdays of this one."""


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
        _foresee(evidence, {now, *starts}, earliest)
    return tuple(start for start in starts if len(evidence.known(start, now)))


def _foresee(evidence: Evidence, days: set[int], earliest: int) -> None:
    """Have the segment asked once for all: on `days`, on the same a year before, and, of the
    sample, on the days that past forecasts ask for."""
    now, horizon = evidence.question.as_of, evidence.question.horizon
    first = earliest + MIN_HISTORY_DAYS - 1

    def with_year_before(made: int) -> set[int]:
        newest = window_starts(made, horizon, earliest, 1)
        return {day - YEAR for day in (made, *newest) if newest and newest[0] - YEAR >= first}

    evidence.foresee(days | with_year_before(now))
    origins = window_starts(now, horizon, earliest, MOST_ORIGINS)
    earlier = {day for made in origins for day in window_starts(made, horizon, earliest)}
    evidence.foresee_sample(earlier.union(origins, *map(with_year_before, origins)))


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
    """The rows of every start and age, with their answers."""
    parts = len(starts) * len(ages)
    return TrainingSet.join(
        [cases_at(evidence, start, age, parts) for start in starts for age in ages]
    )


def cases_at(evidence: Evidence, start: int, age: int, parts: int) -> TrainingSet:
    """The rows of a start and age that is one of so many `parts`."""
    return evidence.cases(start, age, *(rows // parts for rows in LINEAR_ROWS))


def train(evidence: Evidence, now: int, running: bool) -> Model:
    """Fit every family that the number of achievements carries; `running` for a saved goal.

    The result has no level yet: `forecast` sets it. There must be training starts by `now`.
    """
    starts = training_starts(evidence, now)
    horizon = evidence.question.horizon
    first = np.concatenate([evidence.answers(start) for start in starts])
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


def _fit_trees(rows: TrainingSet) -> Trees:
    kept, weight = thinned(rows.did, *TREE_ROWS)
    return fit_trees(rows.columns[kept], rows.did[kept], weight * rows.weight[kept])


def longest_window(evidence: Evidence, now: int) -> int:
    """The longest period in days for which history holds a past window; 0 or less for none."""
    return now - (evidence.earliest_day + evidence.question.age + MIN_HISTORY_DAYS - 1)
