"""What a night changed in a goal, as its owner sees it: how many members went where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import NotFound
from ..goals.goal import Goal
from ..lake.calendar import parse_date
from ..store.stores import Stores
from .account import require_ai_pack
from .tracking import last_night, ready


def changes(stores: Stores, goal_id: str, day: str | None) -> dict[str, Any]:
    """Members by their standing of the night before `day` (ISO; None: the last night) and of its
    own; of day 0 they all come from `outside`.

    Raises NotFound for an unknown goal and a day without a night, InvalidInput, Conflict while the
    goal has no target group yet, NotIncluded where the account has switched buckets off.
    """
    require_ai_pack(stores)
    goal = ready(stores, goal_id)
    night = night_of(stores, goal, day)
    return {
        "goal_id": goal.id,
        "date": night["date"],
        "direction": goal.terms.direction,
        "users": night["users"],
        **night["changes"],
    }


def night_of(stores: Stores, goal: Goal, day: str | None) -> Mapping[str, Any]:
    """What was published of a goal that is set up on a day: GoalNight JSON with `changes`. Raises
    NotFound, InvalidInput."""
    assert goal.scores is not None and goal.day0 is not None
    night: Mapping[str, Any] | None = None
    if day is None:
        night = last_night(stores, goal)
    elif (wanted := parse_date(day, "date")) == goal.terms.as_of:
        night = goal.day0
    else:
        night = next(stores.runs.nights_of(goal.id, wanted, wanted), None)
    if night is None:
        raise NotFound(
            f"Goal {goal.id} has no night of {day}: day 0 is {goal.terms.as_of}, its last night is "
            f"{goal.scores.date}."
        )
    if "changes" not in night:
        raise NotFound(
            f"The night of {night['date']} is older than changes are. Ask for a later one."
        )
    return night
