"""Since when an event has been recorded: a young name says nothing about the time before it.

Training on that time would count its silence as "nobody did it" and forecast far too few.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log
from typing import Literal

import numpy as np

from .history import NEVER, History, Ints

LATER_DAYS = 7
"""A name that is seen within a week of history's first day has been there all along."""

BY_CHANCE = 1e-4
"""The chance, at most, that users who might have done it on any day all did it so late."""


def first_days(history: History) -> Ints:
    """int32, by event code: the first day of each; NEVER for codes without a row."""
    first = np.full(int(history.event.max(initial=-1)) + 1, NEVER)
    np.minimum.at(first, history.event, history.day)
    return first


def recorded_since(history: History, code: int, first: int | None = None) -> int | None:
    """The day on which the event `code` began to be recorded; None if it has been there all along,
    never happened, or is so rare that its first day may be chance.

    If n users did it, each as likely on any row of history as on another, all fall into the share
    f of rows from its first day on with probability f^n. Counting rows rather than days makes a
    growing account no reason for suspicion. `first` is the event's first day where it is known.
    """
    if first is None:
        first = int(history.day[history.event == code].min(initial=NEVER))
    if first == NEVER or first - history.earliest_day < LATER_DAYS:
        return None
    users = len(np.unique(history.user[history.event == code]))
    share = float(np.mean(history.day >= first))
    return first if users * log(share) < log(BY_CHANCE) else None


def goal_since(history: History, codes: Iterable[int], match: Literal["any", "all"]) -> int:
    """The first day whose history tells about a goal on the events `codes`.

    Where all of them are needed it is that of the youngest, else that of the oldest.
    """
    known = [recorded_since(history, code) or history.earliest_day for code in codes]
    if not known:
        return history.earliest_day
    return max(known) if match == "all" else min(known)
