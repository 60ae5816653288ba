"""How a goal with an end will end, as seen from each of its published nights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import log
from typing import Any

from ..goals.goal import Goal
from ..goals.midway import Ending, ForecastError, ending, of_events
from ..goals.progress import predicted_by
from ..goals.student_t import quantile
from ..goals.verdict import verdict


def bounds(goal: Goal, night: Mapping[str, Any]) -> dict[str, float] | None:
    """{"value", "low80", "high80"} of the members who will have done it, as seen from `night`
    (GoalNight JSON); None for goals saved before forecasts kept their error."""
    users = _users(goal, night)
    if users is None:
        return None
    low, high = users.interval(80)
    return {"value": round(users.value, 2), "low80": round(low, 2), "high80": round(high, 2)}


def outlook(goal: Goal, night: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same with the 95 % interval, the day, and what has become of the target."""
    users, shown = _users(goal, night), bounds(goal, night)
    if users is None or shown is None:
        return None
    low, high = users.interval(95)
    return {
        "date": night["date"],
        **shown,
        "low95": round(low, 2),
        "high95": round(high, 2),
        "target": _target(goal, night, users),
    }


def _users(goal: Goal, night: Mapping[str, Any]) -> Ending | None:
    forecast, terms = goal.forecast or {}, goal.terms
    error, day = forecast.get("error"), date.fromisoformat(night["date"])
    expected = predicted_by(forecast.get("curve") or [], day)
    if error is None or expected is None or terms.ends_on is None:
        return None
    return ending(
        ForecastError(forecast["value"], error["log_scale"], error["freedom"]),
        did=night["did"],
        expected_by_now=expected["value"],
        remaining=max(night["expected_users"] - night["did"], 0.0),
        part_left=max((terms.ends_on - day).days, 0) / terms.horizon,
        members=night["users"],
    )


def _target(goal: Goal, night: Mapping[str, Any], users: Ending) -> dict[str, Any] | None:
    target = goal.terms.target
    if target is None:
        return None
    counted = users if target.metric == "users" else _events(goal, night, users)
    probability = counted.reached(target.value, goal.terms.direction)
    return {
        **target.to_json(),
        "probability": round(probability, 4),
        "verdict": verdict(probability),
        "even_chance": round(counted.even, 2),
    }


def _events(goal: Goal, night: Mapping[str, Any], users: Ending) -> Ending:
    """Events per user, and how far they wander, are those of the forecast."""
    assert goal.forecast is not None  # an Ending of users was made from it
    events, error = goal.forecast["events_total"], goal.forecast["error"]
    reach = 2 * quantile(0.9, error["freedom"])
    scale = log(max(events["high80"], 1.0) / max(events["low80"], 0.5)) / reach
    return of_events(
        users,
        did=night["events"],
        per_user=events["value"] / max(goal.forecast["value"], 0.5),
        wander=max(scale**2 - error["log_scale"] ** 2, 0.0),
    )
