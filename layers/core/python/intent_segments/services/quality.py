"""How far a goal's numbers can be trusted: how they turn out, and what goes along with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..errors import Conflict
from ..goals.buckets import Bucket
from ..goals.goal import Goal
from ..goals.off_course import off_course
from ..goals.progress import predicted_by
from ..goals.wilson import wilson95
from ..store.stores import Stores
from .tracking import last_night, ready
from .windows import newest

ARMS = ("test", "control")


def evaluation(stores: Stores, goal_id: str) -> dict[str, Any]:
    """The forecast's quality card, and how the day-0 buckets really did by the last night.

    By day-0 bucket alone: who was put into a bucket later was put there by what happened since. A
    rolling goal is judged by its newest complete window, by the buckets when it began. Raises
    NotFound, Conflict while the goal has no target group yet.
    """
    goal = ready(stores, goal_id)
    night = last_night(stores, goal)
    forecast: Mapping[str, Any] = goal.forecast or {}
    expected = {entry["bucket"]: entry for entry in forecast.get("buckets") or ()}
    counted = {"did": night["did"], "by_bucket": night["by_bucket"]} | {
        "predicted": predicted_by(forecast.get("curve") or [], date.fromisoformat(night["date"]))
    }
    if goal.terms.rolling:
        counted, expected = newest(stores, goal, night), {}
    overall = _share(counted["did"], night["users"])
    drifted = off_course(counted["did"], counted["predicted"], night["date"])
    return {
        "goal_id": goal.id,
        "status": str(goal.status),
        "direction": goal.terms.direction,
        "as_of": goal.terms.as_of.isoformat(),
        "ends_on": goal.terms.to_json()["ends_on"],
        "rolling_days": goal.terms.rolling_days,
        "date": night["date"],
        "finished": goal.terms.over(date.fromisoformat(night["date"])),
        "method": forecast.get("method"),
        "quality": forecast.get("quality") or {},
        "warnings": [*(forecast.get("warnings") or ()), *([drifted] if drifted else [])],
        "users": night["users"],
        "did": counted["did"],
        "predicted": counted["predicted"],
        "buckets": [
            _bucket(bucket.label, counted["by_bucket"][bucket.label], expected, overall)
            for bucket in reversed(Bucket)
        ],
    }


def drivers(stores: Stores, goal_id: str) -> dict[str, Any]:
    """What goes along with the goal's events, from the model's training.

    Raises NotFound, Conflict while the goal has no model yet or one from before there were drivers.
    """
    goal, version, found = _learnt(stores, goal_id)
    shown = [
        {key: value for key, value in driver.items() if key != "signal"}
        for driver in found["drivers"]
    ]
    return {
        "goal_id": goal.id,
        "direction": goal.terms.direction,
        "events": [event.to_json() for event in goal.terms.events],
        "model_version": version,
        **{key: value for key, value in found.items() if key != "signals"},
        "drivers": shown,
    }


def signals(stores: Stores, goal_id: str) -> dict[str, Any]:
    """What the goal's model was made from, the weightiest first, and what was left out of it.

    Raises NotFound, Conflict while the goal has no model yet or one from before this was kept.
    """
    goal, version, found = _learnt(stores, goal_id)
    if "signals" not in found:
        raise Conflict(
            f"The model of goal {goal_id} was made before its signals were kept. The next training "
            "keeps them; or archive the goal and POST /v1/goals with the same body."
        )
    return {
        "goal_id": goal.id,
        "model_version": version,
        "as_of": found["as_of"],
        "signals": found["signals"],
    }


def _learnt(stores: Stores, goal_id: str) -> tuple[Goal, str, dict[str, Any]]:
    """A goal, its model's version and its document `drivers.json`. Raises NotFound, Conflict."""
    goal = ready(stores, goal_id)
    if goal.model is None or "drivers" not in goal.model:
        raise Conflict(
            f"Goal {goal_id} was set up before drivers were kept. Save it anew to have them: "
            "archive it and POST /v1/goals with the same body."
        )
    return goal, goal.model["version"], stores.objects.get_json(goal.model["drivers"])


def _bucket(
    bucket: str,
    arms: Mapping[str, Mapping[str, int]],
    expected: Mapping[str, Mapping[str, Any]],
    overall: float | None,
) -> dict[str, Any]:
    together = {key: sum(arms[arm][key] for arm in ARMS) for key in ("users", "did")}
    rate = _share(together["did"], together["users"])
    return {
        "bucket": bucket,
        **rated(together),
        "lift": None if rate is None or not overall else round(rate / overall, 4),
        "expected_users": expected.get(bucket, {}).get("expected_users"),
        "by_arm": {arm: rated(arms[arm]) for arm in ARMS},
    }


def rated(cell: Mapping[str, int]) -> dict[str, Any]:
    """Members and those who did it ({"users", "did"}), with the rate and Wilson's interval of it;
    None without members."""
    bounds = wilson95(cell["did"], cell["users"])
    rate = _share(cell["did"], cell["users"])
    return {
        "users": cell["users"],
        "did": cell["did"],
        "rate": None if rate is None else round(rate, 6),
        "low95": None if bounds is None else round(bounds[0], 6),
        "high95": None if bounds is None else round(bounds[1], 6),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
