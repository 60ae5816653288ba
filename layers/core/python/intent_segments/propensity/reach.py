"""Histories shorter than a goal's period: learn a shorter period, and carry it on.

A forecast needs whole past windows to learn from. Where none of the goal's length fits, the longest
window that does is learnt, and each likelihood is carried on as a hazard: who has not done it in
`learned` days may do it later, at a pace that slackens as those who do it often have done it.
"""

from __future__ import annotations

from datetime import date
from math import ceil, log
from typing import Any

import numpy as np

from ..errors import InsufficientHistory
from ..lake.calendar import from_day
from .buy_till_you_die import BuyTillYouDie
from .evidence import Evidence
from .features import Rhythm
from .train import MIN_HISTORY_DAYS, longest_window, training_starts

SHORTEST = 3
"""Days: shorter windows hold too few weekdays to speak of a period."""

FURTHEST = 6
"""A window is carried on to six times its length at most: beyond that the guess about the
slackening is all that speaks."""

GROWTH = 0.75
"""The slackening where users' own paces do not tell it: P(not yet) falls with (days / learned)^.75.
From 0.55 (half a year ahead) to 0.85 on retail goals; 1 would be days apart from each other."""

GROWTH_ERROR = 0.18
"""Standard deviation of the log of the count per unit of log(days / learned). On 25 forecasts of
young shops (three weeks to four months old) 80 % intervals then held 84 %."""


def learnable(evidence: Evidence, now: int) -> Evidence | None:
    """`evidence`, over the longest period up to its own that has past windows; None if there is
    none that its period can be carried on from, or the goal's events were never recorded."""
    if _never_recorded(evidence):
        return None
    if training_starts(evidence, now):
        return evidence
    horizon = evidence.question.horizon
    days = min(horizon - 1, carried_on_from(evidence, now))
    while days >= SHORTEST and days * FURTHEST >= horizon:
        shorter = evidence.over(days)
        if training_starts(shorter, now):
            return shorter
        days = days * 3 // 4
    return None


def carried_on_from(evidence: Evidence, now: int) -> int:
    """The longest window in days of which history holds two in a row: one to learn from, and one to
    see how wrong that was."""
    return longest_window(evidence, now) // 2


def furthest_horizon(evidence: Evidence, now: int) -> int:
    """The longest period in days that can be forecast; 0 for none."""
    days = carried_on_from(evidence, now)
    carried = days * FURTHEST if days >= SHORTEST else 0
    return max(longest_window(evidence, now), carried, 0)


def growth_of(dying: BuyTillYouDie | None, beat: Rhythm, learned: int, horizon: int) -> float:
    """The slackening that users' own paces tell, between 0.5 and 1; GROWTH without them."""
    if dying is None or learned == horizon:
        return GROWTH
    hazards = [
        -np.log1p(-dying.probability(beat.rows(beat.ever), float(days)).mean())
        for days in (learned, horizon)
    ]
    return float(np.clip(log(hazards[1] / hazards[0]) / log(horizon / learned), 0.5, 1.0))


def further_variance(learned: int, horizon: int) -> float:
    """The variance of the log of the count that carrying on adds."""
    return (GROWTH_ERROR * log(horizon / learned)) ** 2


def insufficient(evidence: Evidence, now: int) -> InsufficientHistory:
    """Why no past window can be learnt from, and what to change, in numbers.

    Its extras have no candidates yet: `alternatives.refusal` adds them.
    """
    horizon, age = evidence.question.horizon, evidence.question.age
    if never := _never_recorded(evidence):
        return InsufficientHistory(
            f"'{' or '.join(never)}' was never recorded up to {from_day(now)}, so nothing can be "
            "learnt of it: choose another event, or a later day.",
            extras=_extras("achievements", 1, 0, None),
        )
    longest = furthest_horizon(evidence, now)
    if horizon <= longest:
        return _memberless(evidence, now)
    earliest = evidence.earliest_day
    known, needed = now - earliest + 1, _days_needed(horizon, age)
    last = from_day(now + longest) if longest else None
    remedy = (
        f"choose an end date on or before {last}"
        if last
        else f"load at least {needed - known} more days of history"
    )
    reason = f"there are {known} (from {from_day(earliest)} to {from_day(now)})"
    if known == 1:
        reason = f"there is one, {from_day(now)}"
    if earliest > evidence.history.earliest_day:
        goal = " or ".join(evidence.goal_names)
        reason = f"'{goal}' has been recorded since {from_day(earliest)}, {known} days"
    return InsufficientHistory(
        f"A goal of {horizon} days needs {needed} days of history to learn from, and {reason}: "
        f"{remedy}.",
        extras=_extras("history_days", needed, known, last),
    )


def _never_recorded(evidence: Evidence) -> list[str]:
    """The goal's events when nobody has done what the goal asks for, ever."""
    if all(len(part.day) for part in evidence.goal.parts):
        return []
    names = [event if isinstance(event, str) else event.words for event in evidence.question.events]
    return (
        names
        if evidence.question.match == "any"
        else [
            name for name, part in zip(names, evidence.goal.parts, strict=True) if not len(part.day)
        ]
    )


def _days_needed(horizon: int, age: int) -> int:
    """The shortest history, in days, that a period of `horizon` days can be forecast from."""
    window = max(SHORTEST, ceil(horizon / FURTHEST))
    return MIN_HISTORY_DAYS + age + min(horizon, 2 * window)


def _memberless(evidence: Evidence, now: int) -> InsufficientHistory:
    """History is long enough, but the segment had no members then."""
    horizon = evidence.question.horizon
    possible, empty = 0, ceil(horizon / 7)
    while empty - possible > 1:  # halving: segments fill as time goes on
        weeks = (possible + empty) // 2
        possible, empty = (
            (weeks, empty) if len(evidence.members(now - 7 * weeks)) else (possible, weeks)
        )
    last = from_day(now + 7 * possible) if possible else None
    nearer = f", or an end date on or before {last}" if last else ""
    return InsufficientHistory(
        f"Nobody was in this segment {horizon} days before {from_day(now)}, so there is no past "
        f"window to learn from: choose a segment that had members then{nearer}.",
        extras=_extras("past_members", 1, 0, last),
    )


def _extras(what: str, needed: int, known: int, last: date | None) -> dict[str, Any]:
    return {
        "rung": "none",
        "missing": {what: {"needed": needed, "known": known}},
        "longest_end_date": last and last.isoformat(),
        "candidates": [],
    }
