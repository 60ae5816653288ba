"""What past windows had, carried forward: forecasters that know the latest level and the season."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .evidence import Evidence
from .history import Ints
from .train import MIN_HISTORY_DAYS, YEAR, training_starts

Bools = npt.NDArray[np.bool_]

POOLED = 3
"""Windows that the shares apart are pooled over: small groups need more than one, and more than a
few lag behind a base that shrinks or grows."""

PRIOR_MEMBERS = 20
"""A group's share counts for as much as that of all when it has so many members."""

SMALLER = 3
"""A segment that had under a third of today's members a year ago tells nothing of its season."""


def persistence(evidence: Evidence, present: Ints, now: int) -> dict[str, float]:
    """Shares of past windows, carried forward to the members `present` (ascending positions).

    `persistence` is the window just past, apart for those who had been active (done anything) in as
    many days before it and those who had not: a base that fades has fewer of the first.
    `persistence_by_group` pools POOLED windows, apart for those who had done the goal's events in
    the window before and those who had not.
    """
    horizon = evidence.question.horizon
    parts = {"persistence": _by_activity(evidence, present, now)}
    known = [
        start
        for start in training_starts(evidence, now)[:POOLED]
        if start - horizon >= evidence.earliest_day
    ]
    if not known:
        return parts  # nobody can be told apart by a window that history does not cover
    users = [evidence.known(start, now) for start in known]
    lately = [
        evidence.goal.within(some, start - horizon, horizon)
        for some, start in zip(users, known, strict=True)
    ]
    did = [
        evidence.goal.within(some, start, horizon) for some, start in zip(users, known, strict=True)
    ]
    parts["persistence_by_group"] = _apart(
        np.concatenate(did),
        np.concatenate(lately),
        evidence.goal.within(present, now - horizon, horizon),
    )
    return parts


def season(evidence: Evidence, present: Ints, now: int) -> dict[str, float]:
    """The share of the latest window, changed as shares changed from that window to the coming one
    a year before. Empty where history does not reach back so far, or the segment was another one
    then: had less than a third of its members."""
    horizon = evidence.question.horizon
    newest = training_starts(evidence, now, 1)[0]
    if newest - YEAR < evidence.earliest_day + MIN_HISTORY_DAYS - 1:
        return {}
    starts = (newest, newest - YEAR, now - YEAR)
    members = [evidence.known(start, now) for start in starts]
    if min(map(len, members)) * SMALLER < len(present):
        return {}
    did = [
        evidence.goal.within(some, start, horizon)
        for some, start in zip(members, starts, strict=True)
    ]
    latest, before, then = map(_share, did)
    return {"last_year": len(present) * min(latest * then / before, 1.0)}


def _by_activity(evidence: Evidence, present: Ints, now: int) -> float:
    horizon = evidence.question.horizon
    start = training_starts(evidence, now, 1)[0]
    before = evidence.sample(start)
    return _apart(
        evidence.goal.within(before, start, horizon),
        evidence.history.active(before, start - horizon, start),
        evidence.history.active(present, now - horizon, now),
    )


def _apart(did: Bools, was: Bools, is_now: Bools) -> float:
    """How many do it, when those who `was` describes and the others go on doing it as they did.

    A group's share is held to that of all by PRIOR_MEMBERS: an empty one has no share of its own.
    """
    share_of_all = _share(did)
    expected = 0.0
    for group in (True, False):
        alike = was == group
        done = float(did[alike].sum()) + PRIOR_MEMBERS * share_of_all
        expected += done / (float(alike.sum()) + PRIOR_MEMBERS) * float((is_now == group).sum())
    return expected


def _share(did: Bools) -> float:
    """The part that did it, with Jeffreys' prior."""
    return (float(did.sum()) + 0.5) / (len(did) + 1)
