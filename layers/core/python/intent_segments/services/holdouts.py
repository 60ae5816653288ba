"""What all campaigns together change: the account's holdout against the rest, goal by goal."""

from __future__ import annotations

from typing import Any

from ..goals.goal import Goal, Status
from ..goals.holdout import Holdout
from ..segments.goal_event import in_words
from ..store.stores import Stores
from .uplift import comparison
from .uplift_counts import of_holdout
from .uplift_shown import compared

MOST_GOALS = 100
"""The newest goals that are looked at."""

OFF = (
    'Nobody is held out. PATCH /v1/account {"holdout_share": 0.05} holds 5 % of all users out of '
    "every engagement from then on."
)
ON = (
    "Whoever is held out is reached by no engagement, and is in neither arm of any. Goals that "
    "began before are counted from the day on which the holdout was switched on."
)


def report(stores: Stores) -> dict[str, Any]:
    """The holdout, and what those outside it did against those in it: per goal, newest first, that
    had a night since. Raises CorruptObject."""
    holdout = stores.account.holdout()
    if holdout is None:
        return {"share": 0, "since": None, "goals": [], "waiting": [], "note": OFF}
    goals, _ = stores.goals.page(MOST_GOALS, None)
    known = [
        goal for goal in goals if goal.scores is not None and goal.scores.date >= holdout.since
    ]
    found = {goal.id: _of_goal(stores, goal, holdout) for goal in known}
    at_work = [goal.id for goal in goals if goal.status == Status.ACTIVE]
    return {
        "share": holdout.share,
        "since": holdout.since.isoformat(),
        "goals": [shown for shown in found.values() if shown is not None],
        "waiting": [goal_id for goal_id in at_work if found.get(goal_id) is None],
        "note": ON,
    }


def _of_goal(stores: Stores, goal: Goal, holdout: Holdout) -> dict[str, Any] | None:
    counts = of_holdout(stores, goal, holdout)
    if counts is None:
        return None
    found = comparison(counts, share=holdout.share)
    shown = compared(found)
    return {
        "goal_id": goal.id,
        "name": goal.name,
        "events": in_words(goal.terms.events, goal.terms.match),
        "direction": goal.terms.direction,
        "date": counts.night["date"],
        "counted_from": counts.first.isoformat(),
        "looks": sum(1 for cells in counts.looks or () if cells is not None),
        "rest": shown.pop("test"),
        "holdout": shown.pop("control"),
        **shown,
        "sentence": found.told("the rest", "the holdout", "the rest less the holdout"),
    }
