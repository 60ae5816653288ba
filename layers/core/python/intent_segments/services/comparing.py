"""What the night of a goal has to compare: its metrics, its engagements, the looks before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ..goals.compared import Compared, Engaged
from ..goals.goal import Goal
from ..store.runs import Run
from ..store.stores import Stores

MOST_ENGAGEMENTS = 20
"""Engagements of a goal that are compared: the newest ones that have sent something. Each is a few
kilobytes of counts a night."""

PAGE = 100


def compared(stores: Stores, goal: Goal, day: date, before: Run | None) -> Compared:
    """Of the night of `day`; `before` is the run of the night before, where there is one."""
    engaged = []
    for engagement_id in _engagements(stores, goal.id):
        sends = _sends(stores, engagement_id, day)
        if sends:
            engaged.append(Engaged(engagement_id, sends))
        if len(engaged) == MOST_ENGAGEMENTS:
            break
    return Compared(goal.metrics, tuple(engaged), _before(goal, day, before))


def _engagements(stores: Stores, goal_id: str) -> Iterator[str]:
    """Newest first."""
    after, more = None, True
    while more:
        found, more = stores.engagements.page_of_goal(goal_id, PAGE, after)
        for engagement in found:
            after = engagement.id
            if engagement.sends:
                yield engagement.id


def _sends(stores: Stores, engagement_id: str, day: date) -> tuple[tuple[str, date], ...]:
    """Those that were published: whom they are for is settled in every group, for good."""
    sends, after, more = [], None, True
    while more:
        found, more = stores.sends.page(engagement_id, PAGE, after)
        for send in found:
            after = send.name
            as_of = date.fromisoformat(send.as_of)
            if send.status == "published" and as_of < day:
                sends.append((send.name, as_of))
    return tuple(reversed(sends))


def _before(goal: Goal, day: date, run: Run | None) -> tuple[str, str] | None:
    night: Mapping[str, Any] | None = None
    yesterday = day - timedelta(days=1)
    if yesterday == goal.terms.as_of:
        night = goal.day0
    elif run is not None:
        night = run.goals.get(goal.id)
    if night is None or "effects" not in night:
        return None
    return night["date"], night["effects"]
