"""Before the start: which effect would a goal's control group show, and how large must it be?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..campaigns.looks import limits
from ..campaigns.power import (
    LEAST_SHARE,
    MOST_SHARE,
    POWER,
    Plan,
    advice,
    power,
    share_for,
    smallest_effect,
    users_for,
)
from ..errors import Conflict, InvalidInput
from ..goals.goal import CONTROL_SHARE, Direction, Goal, Terms
from ..goals.wilson import Z95
from ..store.stores import Stores
from .uplift_shown import DIGITS, rounded

SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
"""What is shown beside the goal's own share."""

LEAST_LIFT, MOST_LIFT = -1.0, 100.0


def power_of_goal(
    stores: Stores, goal_id: str, lift: str | None = None, share: str | None = None
) -> dict[str, Any]:
    """What the control group of a goal can show of the whole period, in all and by bucket.

    `lift` is a change of the rate to look for, as a part of it (`0.1` a tenth more); `share` is
    another share of control than the goal's. Both are texts of a query. Raises NotFound, Conflict
    for a goal without a forecast, InvalidInput.
    """
    goal = stores.goals.get(goal_id)
    if goal.forecast is None:
        raise Conflict(
            f"Goal {goal_id} is {goal.status} and has no forecast, whose rate is what an effect is "
            "measured by. A goal that is preparing has one in some minutes."
        )
    held = goal.control_share if share is None else _number("control_share", share)
    if not LEAST_SHARE <= held <= MOST_SHARE:
        raise InvalidInput.at(
            "control_share",
            f"control_share must be from {LEAST_SHARE} to {MOST_SHARE}, not {share}",
        )
    wanted = None if lift is None else _number("lift", lift)
    if wanted is not None and not LEAST_LIFT <= wanted <= MOST_LIFT:
        raise InvalidInput.at(
            "lift",
            f"lift must be from {LEAST_LIFT:g} to {MOST_LIFT:g}, as 0.1 for a tenth more than the "
            f"rate without campaign, not {lift}",
        )
    z = _limit(goal.terms)
    parts = _parts(goal)
    return {
        "goal_id": goal.id,
        "direction": goal.terms.direction,
        "control_share": held,
        "looks": None if goal.terms.rolling else goal.terms.horizon,
        "lift": wanted,
        "overall": _told(*parts[""], held, z, goal.terms.direction, wanted),
        "by_bucket": [
            {"bucket": name, **_told(*part, held, z, goal.terms.direction, wanted)}
            for name, part in parts.items()
            if name
        ],
    }


def power_of_forecast(value: float, users: int, terms: Terms) -> dict[str, Any]:
    """The same of an unsaved goal, at the share that a goal has unless told otherwise."""
    told = _told(users, value, CONTROL_SHARE, _limit(terms), terms.direction, None)
    return {"control_share": CONTROL_SHARE, **told}


def _limit(terms: Terms) -> float:
    """What an effect has to pass, in standard errors: on the last of a look every night, in the one
    look at a window of a rolling goal."""
    return Z95 if terms.rolling else limits(terms.horizon, terms.horizon)[-1]


def _parts(goal: Goal) -> dict[str, tuple[int, float]]:
    """(members, those expected to do it) of all, under "", and of every bucket of day 0."""
    forecast: Mapping[str, Any] = goal.forecast or {}
    found = {"": (int(forecast["users"]), float(forecast["value"]))}
    for entry in forecast.get("buckets") or ():
        found[entry["bucket"]] = int(entry["users"]), float(entry["expected_users"])
    return found


def _told(
    users: int, expected: float, share: float, z: float, direction: Direction, lift: float | None
) -> dict[str, Any]:
    rate = expected / users if users else 0.0
    shown: dict[str, Any] = {
        "users": users,
        "control": round(users * share),
        "base_rate": round(rate, DIGITS),
    }
    if users < 2 or not 0 < rate < 1:
        nothing: dict[str, Any] = {
            "smallest_effect": None,
            "smallest_lift": None,
            "shares": [],
            "asked": None,
        }
        said = "Without members of whom some do it and others do not, there is nothing to measure."
        return shown | nothing | {"sentence": said}
    plan, fewer = Plan(users, share, rate, z), direction == "minimize"
    effect = None if lift is None else max(-rate, min(1 - rate, lift * rate))
    return {
        **shown,
        **_least(plan, fewer),
        "shares": [{"control_share": s, **_least(_held(plan, s), fewer)} for s in SHARES],
        "asked": None if effect is None else _asked(plan, effect),
        "sentence": advice(plan, effect, fewer),
    }


def _least(plan: Plan, fewer: bool) -> dict[str, Any]:
    least = smallest_effect(plan, POWER, fewer)
    lift = None if least is None else least / plan.base_rate
    return dict(rounded({"smallest_effect": least, "smallest_lift": lift}))


def _asked(plan: Plan, effect: float) -> dict[str, Any]:
    return {
        **rounded({"effect": effect, "power": power(plan, effect)}),
        "control_share": share_for(plan, effect),
        "users": users_for(plan, effect),
    }


def _held(plan: Plan, share: float) -> Plan:
    return replace(plan, control_share=share)


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput.at(field, f"{field} must be a number, not {text!r}") from None
