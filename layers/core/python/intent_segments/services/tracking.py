"""Goals as their owner sees them: day by day beside its forecast, and bucket by bucket tonight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..errors import Conflict
from ..goals.bucket_policy import ByLikelihood
from ..goals.buckets import CERTAIN, Bucket, Cuts
from ..goals.goal import Goal, Status
from ..goals.life_cycle import days_left
from ..goals.progress import predicted_by
from ..goals.recount import changed, restated
from ..goals.rolling import nothing_came
from ..store.stores import Stores
from . import endings, windows
from .account import require_ai_pack
from .erasures import shown_definition

UNSHOWN = ("users", "cuts", "realised", "changes", "effects", "first_days")
"""Of a night: what its day does not show. `realised` is for the report; `changes` and `effects`
have routes of their own; the newest `first_days` restate all days."""


@dataclass(frozen=True)
class Today:
    """What all goals of an account are shown with."""

    watermark: date
    used: int
    limit: int

    @classmethod
    def of(cls, stores: Stores) -> Today:
        """Read now. Goals are saved in an account that exists, with a day that is closed."""
        account, watermark = stores.account.find(), stores.head.read().watermark
        assert account is not None and watermark is not None
        return cls(watermark, account.active_goals, account.goal_limit)


def show(stores: Stores, goal: Goal) -> dict[str, Any]:
    """A goal as its owner sees it: no salts, no keys of the bucket."""
    return _shown(stores, goal, Today.of(stores))


def _shown(stores: Stores, goal: Goal, today: Today) -> dict[str, Any]:
    return {
        "id": goal.id,
        "name": goal.name,
        **goal.terms.to_json(),
        "definition": shown_definition(stores, goal.terms.definition),
        "status": str(goal.status),
        "status_reason": goal.status_reason,
        "days_left": days_left(goal.status, goal.terms.ends_on, today.watermark),
        "places": {
            "held": goal.status.holds_a_place,
            "used": today.used,
            "limit": today.limit,
        },
        "cloned_from": goal.cloned_from,
        "control_share": goal.control_share,
        "metrics": [metric.to_json() for metric in goal.metrics],
        "created_at": goal.created_at,
        "users": None if goal.day0 is None else goal.day0["users"],
        "forecast": goal.forecast,
        "retraining": goal.retrain,
        "model_version": None if goal.model is None else goal.model["version"],
        "last_night": None if goal.scores is None else goal.scores.date.isoformat(),
    }


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Goals, newest first; whether more follow."""
    goals, more = stores.goals.page(limit, after)
    if not goals:
        return [], more
    today = Today.of(stores)
    return [_shown(stores, goal, today) for goal in goals], more


def progress(stores: Stores, goal_id: str) -> dict[str, Any]:
    """Every published day of a goal, actual beside predicted, and the whole forecast curve. Of a
    rolling goal, every night's prediction beside what came in its window.

    Raises NotFound, Conflict while the goal has no target group yet.
    """
    goal = ready(stores, goal_id)
    assert goal.day0 is not None
    curve = (goal.forecast or {}).get("curve") or []
    if goal.terms.rolling:
        days = windows.days(goal, windows.published(stores, goal))
    else:
        nights = list(stores.runs.nights_of(goal.id, goal.terms.starts_on, date.max))
        known = known_now(goal, nights)
        days = [_day(goal, night, curve, known) for night in nights]
    return {
        "goal_id": goal.id,
        "status": str(goal.status),
        "direction": goal.terms.direction,
        "as_of": goal.terms.as_of.isoformat(),
        "starts_on": goal.terms.starts_on.isoformat(),
        **_ends(goal),
        "users": goal.day0["users"],
        "target": None if goal.terms.target is None else goal.terms.target.to_json(),
        "forecast": {
            key: (goal.forecast or {}).get(key) for key in ("value", "intervals", "events_total")
        },
        "days": days,
        "today": None,
        "outlook": None if goal.terms.rolling else endings.outlook(goal, last_night(stores, goal)),
        "windows": windows.errors(days) if goal.terms.rolling else None,
        "curve": curve,
    }


def buckets(stores: Stores, goal_id: str) -> dict[str, Any]:
    """The intent buckets of the last published night, and what the day-0 buckets have done since;
    of a rolling goal, what its buckets did in the newest complete window.

    Raises NotFound, Conflict while the goal has no target group yet, NotIncluded where the account
    has switched buckets off.
    """
    require_ai_pack(stores)
    goal = ready(stores, goal_id)
    night = last_night(stores, goal)
    cuts = Cuts.from_json(night["cuts"])
    return {
        "goal_id": goal.id,
        "date": night["date"],
        "direction": goal.terms.direction,
        "bucket_policy": goal.terms.bucket_policy.to_json(),
        "users": night["users"],
        "open": night["open"],
        "achieved": night["achieved"],
        "lost": night["lost"],
        "buckets": [_bucket(goal, bucket, night, cuts) for bucket in reversed(Bucket)],
        "transitions": night["transitions"],
        "note": _note(goal, night),
    }


def ready(stores: Stores, goal_id: str) -> Goal:
    """A goal that has been set up. Raises NotFound, Conflict for one that has not."""
    goal = stores.goals.get(goal_id)
    if goal.day0 is None:
        why = f": {goal.status_reason}" if goal.status_reason else ""
        waits = "a goal that is preparing takes some minutes."
        if goal.status != Status.PREPARING:
            waits = "this one never was."
        raise Conflict(
            f"Goal {goal_id} is {goal.status}{why}. There are buckets and progress once it has "
            f"been active; {waits}"
        )
    return goal


def last_night(stores: Stores, goal: Goal) -> Mapping[str, Any]:
    """What was published last of a goal that is set up: GoalNight JSON, of day 0 at first."""
    assert goal.scores is not None and goal.day0 is not None
    if goal.scores.date == goal.terms.as_of:
        return goal.day0
    [night] = stores.runs.nights_of(goal.id, goal.scores.date, goal.scores.date)
    return night


def known_now(goal: Goal, nights: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """{ISO date: members of a dated goal who had done it by its end}, counted by the newest of its
    `nights`; empty where that is older than such counts are."""
    return restated(nights[-1].get("first_days") or (), goal.terms.starts_on) if nights else {}


def _ends(goal: Goal) -> dict[str, Any]:
    terms = goal.terms.to_json()
    return {"ends_on": terms["ends_on"], "rolling_days": terms["rolling_days"]}


def _day(
    goal: Goal,
    night: Mapping[str, Any],
    curve: list[Mapping[str, Any]],
    known: Mapping[str, int],
) -> dict[str, Any]:
    shown = {key: value for key, value in night.items() if key not in UNSHOWN}
    return shown | {
        "did_restated": changed(night["did"], known.get(night["date"])),
        "predicted": predicted_by(curve, date.fromisoformat(night["date"])),
        "ending": endings.bounds(goal, night),
        "by_bucket": {
            bucket: {arm: _rated(cell) for arm, cell in arms.items()}
            for bucket, arms in night["by_bucket"].items()
        },
        "by_arm": {arm: _rated(cell) for arm, cell in night["by_arm"].items()},
        "window": None,
    }


def _bucket(goal: Goal, bucket: Bucket, night: Mapping[str, Any], cuts: Cuts) -> dict[str, Any]:
    low = {
        Bucket.LEAST_LIKELY: 0,
        Bucket.MODERATELY_LIKELY: cuts.moderately.at,
        Bucket.MOST_LIKELY: cuts.most.at,
    }[bucket]
    by_bucket = night["by_bucket"]
    if goal.terms.rolling:
        by_bucket = (night["completed"] or {}).get("by_bucket") or nothing_came()
    cells = by_bucket[bucket.label].values()
    day0 = {key: sum(cell[key] for cell in cells) for key in ("users", "did")}
    users = night["open_by_bucket"][bucket.label]
    return {
        "bucket": bucket.label,
        "users": users,
        "share": round(users / night["open"], 6) if night["open"] else None,
        "likelihood_from": min(low, CERTAIN) / CERTAIN,
        "day0": _rated(day0),
    }


def _rated(cell: Mapping[str, int]) -> dict[str, Any]:
    rate = round(cell["did"] / cell["users"], 6) if cell["users"] else None
    return {"users": cell["users"], "did": cell["did"], "rate": rate}


def _note(goal: Goal, night: Mapping[str, Any]) -> str | None:
    if goal.cuts is not None and Cuts.from_json(goal.cuts).alike:
        return (
            "Nothing in their history tells these users apart, so they all share one bucket. "
            "Choosing who to reach by bucket gains nothing here."
        )
    filled = sum(1 for users in night["open_by_bucket"].values() if users)
    if isinstance(goal.terms.bucket_policy, ByLikelihood) and filled == 1:
        return (
            "All open members are on the same side of this goal's fixed likelihoods, so they all "
            "share one bucket. A goal with buckets by percentile compares them with one another."
        )
    return None
