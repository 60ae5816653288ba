"""What is to be known beside the numbers of an uplift: what was sent, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from ..campaigns.engagement import Engagement
from ..store.stores import Stores
from .uplift_counts import Counts

NOTHING_ENGAGED = (
    "Nothing was engaged through this goal: test and control differ by chance, unless your own "
    "campaigns left the control group out."
)
EACH_WINDOW = (
    "Every window is a comparison of its own, with an interval for one look at it: of twenty "
    "windows in which nothing was done, one lies outside."
)
WITHOUT_END = (
    "A rolling goal has no end, so what it says of an engagement goes by always_valid; everybody "
    "counts for the goal's days after coming in."
)
NOT_COUNTED = "No night has counted this engagement yet: it comes with the first one after a send."
OTHERS_CAME_FIRST = (
    "Other engagements of this goal may have moved its test arm before: then who came into this "
    "one, and in which bucket, is partly their doing."
)
ENTERED = (
    "Everybody counts from the day of coming in, in both arms and in the bucket of that day, "
    "whatever became of the message."
)

PAGE = 100


def notes(stores: Stores, counts: Counts) -> list[str]:
    """Sentences for people."""
    return list(_of_goal(stores, counts) if counts.engagement is None else _entered(stores, counts))


def engaged(stores: Stores, engagement: Engagement, first: date) -> dict[str, Any]:
    """An engagement beside its comparison: from which day on it counts, and users by outcome over
    all its sends that were published."""
    counts: dict[str, int] = {}
    after, more, published = None, True, 0
    while more:
        found, more = stores.sends.page(engagement.id, PAGE, after)
        for send in found:
            after = send.name
            published += send.counts is not None
            for outcome, users in (send.counts or {}).items():
                counts[outcome] = counts.get(outcome, 0) + users
    return {
        "id": engagement.id,
        "name": engagement.name,
        "status": engagement.status,
        "buckets": None if engagement.audience.everyone else list(engagement.audience.buckets),
        "starts_on": first.isoformat() if engagement.sends else None,
        "sends": published,
        "counts": counts,
    }


def _of_goal(stores: Stores, counts: Counts) -> Iterator[str]:
    if not any(one.sends for one in _engagements(stores, counts.goal.id)):
        yield NOTHING_ENGAGED
    if counts.goal.terms.rolling:
        yield EACH_WINDOW
    elif counts.strata is None:
        comes = "there is none" if counts.final else "it comes with the next night"
        yield (
            f"The newest night was published before likelihoods were counted by arm, so {comes}: "
            "no adjusted effect, and none by likelihood."
        )
    waiting = [metric.name for metric in counts.goal.metrics if metric.id not in counts.metrics]
    if waiting and not counts.final:
        yield f"The next night counts the first time: {', '.join(waiting)}."


def _entered(stores: Stores, counts: Counts) -> Iterator[str]:
    yield ENTERED
    if counts.strata is None:
        yield NOT_COUNTED
    assert counts.engagement is not None  # whose notes these are
    for other in _engagements(stores, counts.goal.id):
        if other.sends and other.id < counts.engagement.id:
            yield OTHERS_CAME_FIRST
            break
    if counts.goal.terms.rolling:
        yield WITHOUT_END


def _engagements(stores: Stores, goal_id: str) -> Iterator[Engagement]:
    after, more = None, True
    while more:
        found, more = stores.engagements.page_of_goal(goal_id, PAGE, after)
        for engagement in found:
            after = engagement.id
            yield engagement
