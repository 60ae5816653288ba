"""How long what nights leave in the bucket stays: scores and changes of users, and the folders of
runs. What nights published, counts without users, stays for ever.
"""

from __future__ import annotations

from datetime import date, timedelta

from .goal import Goal, Terms

SHOWN_DAYS = 35
"""Nights whose scores can be asked for: those of the last closed days. Beside them stand day 0 and
the goal's last night, for ever."""

REPEATED_DAYS = 7
"""Nights that can be repeated whole: as many as replaced parts of the lake stay for, and as an
export can be started again."""

KEPT_DAYS = SHOWN_DAYS + REPEATED_DAYS
"""Nights whose files are there: an export of the oldest one shown can be made to its end."""


def kept_days(terms: Terms) -> int:
    """The same of a goal: a night of a rolling one is judged by the scores of a window before."""
    if terms.rolling_days is None:
        return KEPT_DAYS
    return max(KEPT_DAYS, terms.rolling_days + REPEATED_DAYS)


def is_shown(goal: Goal, night: date, closed: date) -> bool:
    """Whether the scores of a goal's `night` can be asked for when `closed` is the last closed
    day."""
    return _stays_for_ever(goal, night) or night > closed - timedelta(days=SHOWN_DAYS)


def is_kept(goal: Goal, night: date, closed: date) -> bool:
    """Whether the scores of a goal's `night` are needed when `closed` is the last closed day. All
    of a goal that is not set up yet are: its set-up may be writing them."""
    if goal.day0_scores is None or _stays_for_ever(goal, night):
        return True
    return night > closed - timedelta(days=kept_days(goal.terms))


def _stays_for_ever(goal: Goal, night: date) -> bool:
    return night in {files.date for files in (goal.day0_scores, goal.scores) if files is not None}
