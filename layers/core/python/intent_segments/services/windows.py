"""Rolling goals as their owner sees them: every night's prediction beside what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from ..goals.goal import Goal
from ..goals.progress import by_arm, no_one
from ..goals.recount import changed
from ..goals.rolling import WindowError, nothing_came, track_record
from ..store.stores import Stores

MOST_NIGHTS = 366
"""Nights that progress looks back on: a year, with the night a year ago."""

COUNTS = ("did", "events", "by_bucket", "by_arm")


def published(stores: Stores, goal: Goal) -> list[Mapping[str, Any]]:
    """What was published of the goal in its last MOST_NIGHTS nights, day 0 among them while it is
    one: GoalNight JSON with `predicted` and `completed`, ascending."""
    assert goal.scores is not None and goal.day0 is not None
    first = goal.scores.date - timedelta(days=MOST_NIGHTS - 1)
    nights = stores.runs.nights_of(goal.id, max(first, goal.terms.starts_on), date.max)
    return [*([goal.day0] if first <= goal.terms.as_of else []), *nights]


def days(goal: Goal, nights: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every night with the window that begins after it; what came stands there once it is over,
    beside what later nights know of it."""
    known = list(nights)
    came = {entry["as_of"]: entry for night in known if (entry := night["completed"])}
    late: dict[str, int] = {}
    for night in known:
        late |= night.get("late_windows") or {}
    return [_day(goal, night, came.get(night["date"]), late.get(night["date"])) for night in known]


def errors(shown: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """How the complete windows among `days` turned out (see `rolling.track_record`)."""
    return track_record(
        [
            WindowError(**day["predicted"], did=day["window"]["did"])
            for day in shown
            if day["window"]["did"] is not None
        ]
    )


def newest(stores: Stores, goal: Goal, night: Mapping[str, Any]) -> dict[str, Any]:
    """The window that was complete with `night`: who did it, by the bucket when it began, beside
    what had been predicted. Nobody and None while no window is complete."""
    completed = night["completed"]
    if completed is None:
        nobody = nothing_came()
        return {"did": 0, "by_bucket": nobody, "by_arm": by_arm(no_one()), "predicted": None}
    began = date.fromisoformat(completed["as_of"])
    assert goal.day0 is not None
    found = [goal.day0]
    if began != goal.terms.as_of:
        found = list(stores.runs.nights_of(goal.id, began, began))
    return {key: completed[key] for key in ("did", "by_bucket", "by_arm")} | {
        "predicted": found[0]["predicted"]
    }


def _day(
    goal: Goal, night: Mapping[str, Any], came: Mapping[str, Any] | None, late: int | None
) -> dict[str, Any]:
    """`late` is how many did it in the window by the newest night that counted it again."""
    day = date.fromisoformat(night["date"])
    told = ("date", "did", "open", "achieved", "lost", "events", "expected_users", "predicted")
    return {
        **{key: night[key] for key in told},
        "did_restated": None,
        "ending": None,
        "by_bucket": None,
        "by_arm": None,
        "open_by_bucket": night["open_by_bucket"],
        "transitions": night["transitions"],
        "window": {
            "starts_on": (day + timedelta(days=1)).isoformat(),
            "ends_on": goal.terms.last_day_of(day).isoformat(),
            **{key: None if came is None else came[key] for key in COUNTS},
            "did_restated": None if came is None else changed(came["did"], late),
        },
    }
