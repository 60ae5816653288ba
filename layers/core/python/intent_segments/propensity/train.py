"""Fitting a goal's model on past cut-offs, each seen as it stood then.

A training row is a member of the segment AS OF a past start, still open some days later, with the
features of that later day and the answer known by `now`. The ages make one model serve every night
of the goal: the days that remain are a column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from ..errors import InsufficientHistory
from ..lake.calendar import from_day
from .buy_till_you_die import fit as fit_dying
from .evidence import Evidence
from .features import Rhythm
from .learners import Trees, fit_linear, fit_trees
from .model import Model, with_horizon

START_WEEKS = (0, 1, 4, 8, 12, 16)
"""Weeks between the newest possible start and each training start. Two recent ones carry the
present level, the months before keep a single odd month from being taken for the rule."""

MIN_POSITIVES = {"small": 20, "full": 200}
"""The ladder: achievements needed in the training rows for the linear model, and for trees beside
it (about 10 events per free parameter is the classical rule; ridge stretches it)."""

TREE_ROWS, TREE_POSITIVES = 20_000, 400
"""Rows that trees are thinned to, and achievements that thinning leaves them."""

MIN_HISTORY_DAYS = 7
"""Days of history before the earliest start: a week shows each weekday once."""


@dataclass(frozen=True)
class TrainingSet:
    """All rows of all starts: float32 (n, k + 1), bool (n,), and the rhythm of every row."""

    columns: npt.NDArray[np.float32]
    did: npt.NDArray[np.bool_]
    beat: Rhythm
    starts: tuple[int, ...]


def training_starts(
    evidence: Evidence, now: int, weeks: tuple[int, ...] = START_WEEKS
) -> tuple[int, ...]:
    """Past cut-offs with members whose whole horizon is known by `now`, newest first.

    All lie whole weeks before `now`, so that every window covers the weekdays that the coming one
    will. Where history is too short for a whole week's distance, the one window that just fits is
    used.
    """
    horizon = evidence.question.horizon
    newest = now - 7 * ceil(horizon / 7)
    earliest = evidence.history.earliest_day + MIN_HISTORY_DAYS - 1
    starts = [newest - 7 * back for back in weeks if newest - 7 * back >= earliest]
    if not starts and now - horizon >= earliest:
        starts = [now - horizon]
    return tuple(start for start in starts if len(evidence.members(start)))


def training_ages(horizon: int, running: bool) -> tuple[int, ...]:
    """Days after the start at which rows are taken: the first alone for a forecast."""
    if not running:
        return (0,)
    return tuple(sorted({0, *(horizon * quarter // 4 for quarter in (1, 2, 3))} - {horizon}))


def gather(evidence: Evidence, starts: tuple[int, ...], ages: tuple[int, ...]) -> TrainingSet:
    """The rows of every start and age, with their answers."""
    parts = [evidence.sampled(start, age) for start in starts for age in ages]
    answers = [
        evidence.goal.within(part.users, part.cutoff, int(part.remaining[0]))
        for part in parts
        if len(part.users)
    ]
    return TrainingSet(
        columns=np.concatenate([with_horizon(part) for part in parts]),
        did=np.concatenate([np.empty(0, bool), *answers]),
        beat=Rhythm.join([part.beat for part in parts]),
        starts=starts,
    )


def train(evidence: Evidence, now: int, running: bool) -> Model:
    """Fit every family that the number of achievements carries; `running` for a saved goal.

    The result has no level yet: `forecast` sets it. Raises InsufficientHistory.
    """
    starts = training_starts(evidence, now)
    if not starts:
        raise insufficient(evidence, now)
    horizon = evidence.question.horizon
    first = gather(evidence, starts, (0,))
    done = int(first.did.sum())
    base = (done + 0.5) / (len(first.did) + 1)  # Jeffreys' prior: never exactly 0 or 1
    enough = min(done, len(first.did) - done)
    model = Model(plan=evidence.plan, horizon=horizon, base_rate=float(base))
    if enough < MIN_POSITIVES["small"]:
        return model
    rows = gather(evidence, starts, training_ages(horizon, running)) if running else first
    present = evidence.sampled(now)
    return replace(
        model,
        linear=fit_linear(rows.columns, rows.did),
        trees=_fit_trees(rows) if enough >= MIN_POSITIVES["full"] else None,
        dying=fit_dying(present.beat),
    )


def _fit_trees(rows: TrainingSet) -> Trees:
    """Trees on an even thinning of the rows, as far as achievements stay plenty.

    25 small trees gain nothing from more, and their time is most of a forecast's.
    """
    spare = min(-(-len(rows.did) // TREE_ROWS), int(rows.did.sum()) // TREE_POSITIVES)
    step = max(1, spare)
    return fit_trees(rows.columns[::step], rows.did[::step])


def insufficient(evidence: Evidence, now: int) -> InsufficientHistory:
    """Why no past window can be learnt from, and what to change, in numbers."""
    horizon = evidence.question.horizon
    earliest = evidence.history.earliest_day
    longest = now - (earliest + MIN_HISTORY_DAYS - 1)
    if horizon > longest:
        remedy = (
            f"choose an end date on or before {from_day(now + longest)}"
            if longest >= 1
            else f"load at least {1 - longest} more days of history"
        )
        return InsufficientHistory(
            f"A goal of {horizon} days needs {horizon + MIN_HISTORY_DAYS} days of history to learn "
            f"from, and there are {now - earliest + 1} (from {from_day(earliest)} to "
            f"{from_day(now)}): {remedy}."
        )
    return InsufficientHistory(
        f"Nobody was in this segment {horizon} days before {from_day(now)}, so there is no past "
        "window to learn from: choose a segment that had members then, or a nearer end date."
    )
