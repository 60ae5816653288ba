"""What a group of users adds to a goal's numbers: integers only, which merge in any order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from ..goals.buckets import CERTAIN, NO_BUCKET, Bucket
from ..goals.goal import Direction, Terms
from ..goals.progress import ARMS, BUCKETS, Cells, Converted, GoalTally
from ..goals.realised import EDGES, Realised
from ..goals.recount import recounted_nights
from ..goals.strata import Strata, Stratum, tenth_of
from ..lake.calendar import to_day
from ..propensity.evidence import Evidence
from ..propensity.score import Scored

OPEN, ACHIEVED, LOST = 0, 1, 2
"""The column `state` of scores."""


def tally(
    scored: Scored,
    bucket: npt.NDArray[np.uint8],
    before: npt.NDArray[np.uint8],
    day0: npt.NDArray[np.uint8],
    arm: npt.NDArray[np.uint8],
    events: int,
    done: int,
) -> GoalTally:
    """Counts of members (n,) by tonight's `bucket`, last night's (`before`) and that of day 0;
    `done` is the state of those who did it."""
    open_, did = ~scored.did, int(scored.did.sum())
    moved = open_ & (before != NO_BUCKET)
    counts = np.zeros((len(Bucket), len(Bucket)), np.int64)
    np.add.at(counts, (before[moved], bucket[moved]), 1)
    least, moderately, most = (_triple(row) for row in counts)
    return GoalTally(
        members=len(open_),
        open=int(open_.sum()),
        achieved=did if done == ACHIEVED else 0,
        lost=did if done == LOST else 0,
        events=events,
        likelihood=int(scored.likelihood[open_].sum(dtype=np.int64)),
        day0=cells(day0, arm, scored.did),
        open_by_bucket=_triple(np.bincount(bucket[open_], minlength=len(Bucket))),
        transitions=(least, moderately, most),
    )


def cells(
    bucket: npt.NDArray[np.uint8], arm: npt.NDArray[np.uint8], did: npt.NDArray[np.bool_]
) -> Cells:
    """Members (n,) by bucket and arm, and how many of them did it."""
    return {
        (of, group): Converted(
            int(((bucket == of) & (arm == group)).sum()),
            int(((bucket == of) & (arm == group) & did).sum()),
        )
        for of in BUCKETS
        for group in ARMS
    }


def realised(
    likelihood: npt.NDArray[np.int32],
    bucket: npt.NDArray[np.uint8],
    did: npt.NDArray[np.bool_],
    direction: Direction,
) -> Realised:
    """Members (n,) by their `likelihood` of day 0 (in 1e-6, of achieving the goal) and the `bucket`
    of then, beside who did it."""
    event = of_the_event(likelihood, direction)
    at = np.searchsorted(np.array(EDGES), event, side="right")
    bins = {}
    for number in np.unique(at).tolist():
        inside = at == number
        bins[number] = (int(inside.sum()), int(did[inside].sum()), int(event[inside].sum()))
    expected = [int(event[bucket == of].sum()) for of in BUCKETS]
    return Realised(
        bins, int((event**2).sum()), int(event[did].sum()), (expected[0], expected[1], expected[2])
    )


def strata(
    known: Mapping[str, npt.NDArray[Any]],
    arm: npt.NDArray[np.uint8],
    did: npt.NDArray[np.bool_],
    direction: Direction,
) -> Strata:
    """Members (n,) by what was `known` of them on day 0 (`bucket`, `percentile` and `likelihood` of
    achieving the goal, as in the columns of scores) and by arm, beside who did it."""
    tenths = np.array([tenth_of(p, direction == "minimize") for p in range(256)], np.int64)
    place = (known["bucket"].astype(np.int64) << 16) | (tenths[known["percentile"]] << 8) | arm
    order = np.argsort(place, kind="stable")
    place, done = place[order], did[order].astype(np.int64)
    x = of_the_event(known["likelihood"], direction)[order]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    if not len(first):
        return Strata()
    # Whole numbers: a group of 9 million users fits into the sum of squares.
    columns = (np.ones_like(x), done, x, x * x, x * done)
    sums = [np.add.reduceat(column, first).tolist() for column in columns]
    return Strata(
        {
            (at >> 16, (at >> 8) & 255, at & 255): Stratum(*counts)
            for at, *counts in zip(place[first].tolist(), *sums, strict=True)
        }
    )


def of_the_event(likelihood: npt.NDArray[np.int32], direction: Direction) -> npt.NDArray[np.int64]:
    """Likelihoods of achieving a goal as those of its events, in 1e-6."""
    event = likelihood.astype(np.int64)
    return event if direction == "maximize" else CERTAIN - event


def first_days(
    evidence: Evidence, members: npt.NDArray[np.int32], began: int, last: int
) -> dict[int, int]:
    """How many of the members did it first on which day after `began`, up to the day `last`."""
    on = evidence.goal.achieved_on(members, began)
    days, counts = np.unique(on[on <= last] - began, return_counts=True)
    return dict(zip(days.tolist(), counts.tolist(), strict=True))


def late_windows(
    evidence: Evidence, members: npt.NDArray[np.int32], terms: Terms, judged: date
) -> dict[int, int]:
    """How many of the members did it in the windows before that of the night `judged`, by the days
    from as_of to the night that each began after."""
    as_of = to_day(terms.as_of)
    return {
        night - as_of: int(evidence.goal.within(members, night, terms.horizon).sum())
        for night in map(to_day, recounted_nights(terms.as_of, judged))
    }


def events_of(evidence: Evidence, members: npt.NDArray[np.int32], after: int, last: int) -> int:
    """The goal's events by these members on the days after+1 .. last."""
    inside = np.zeros(len(evidence.history.uh), bool)
    inside[members] = True
    return evidence.done.total(inside, after, last)


def _triple(values: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    least, moderately, most = (int(value) for value in values)
    return least, moderately, most
