"""What a goal shares with the other goals at work, and what that means for its control group."""

from __future__ import annotations

from typing import Any

from ..errors import NotFound
from ..goals.goal import Goal
from ..store.stores import Stores
from .uplift_counts import Counts


def overlaps_of(stores: Stores, counts: Counts) -> list[dict[str, Any]]:
    """Per other goal of the newest night, the members of both and whom either holds back, with the
    number that would be expected of draws as they were meant: goals on the same events draw the
    same users, others independently."""
    if counts.engagement is not None:
        return []
    found = []
    for goal_id, shared in sorted(counts.overlaps.items()):
        try:
            other = stores.goals.get(goal_id)
        except NotFound:
            continue
        together = _same_draw(counts.goal, other)
        shares = counts.goal.control_share, other.control_share
        expected = min(shares) if together else shares[0] * shares[1]
        found.append(
            {
                "goal_id": goal_id,
                "name": other.name,
                "same_events": together,
                "members": shared.both,
                "control_here": shared.here,
                "control_there": shared.there,
                "control_in_both": shared.twice,
                "expected_in_both": round(shared.both * expected, 2),
            }
        )
    return found


def _same_draw(one: Goal, other: Goal) -> bool:
    """Whether both have the same salt (`target_group.control_salt`)."""

    def drawn_by(goal: Goal) -> tuple[list[str], str]:
        events = sorted(event.identity for event in goal.terms.events)
        return events, goal.terms.match if len(events) > 1 else "any"

    return drawn_by(one) == drawn_by(other)
