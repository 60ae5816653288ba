"""A goal's report: what was said on day 0, what came, and how far the one may be read as the other.

Of a goal whose period is over it is final; before, it says how things stand. It is made from what
was published, so it can be read for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ..goals.buckets import Bucket
from ..goals.goal import Goal, Status
from ..goals.outcome import (
    arms_verdict,
    difference,
    narrowest,
    outcome_sentence,
    percentile,
    reached,
    target_sentence,
)
from ..goals.progress import BUCKETS, Converted, predicted_by
from ..goals.recount import changed
from ..store.stores import Stores
from .quality import ARMS, rated
from .tracking import known_now, last_night, ready
from .uplift import measured
from .uplift_counts import of_goal
from .windows import days, errors, newest, published


def report(stores: Stores, goal_id: str) -> dict[str, Any]:
    """The report of a goal as of its last published night.

    Raises NotFound, Conflict for a goal that has (or had) no target group.
    """
    goal = ready(stores, goal_id)
    night = last_night(stores, goal)
    over = goal.terms.over(date.fromisoformat(night["date"]))
    if goal.terms.rolling:
        outcome, came, curve, windows = _of_windows(stores, goal, night)
    else:
        outcome, came = _outcome(goal, night, over), night
        curve, windows = _curve(stores, goal), None
    target = None if goal.terms.rolling else _target(goal, night, over)
    found = measured(stores, of_goal(stores, goal_id))
    arms = _arms(came["by_arm"], found)
    return {
        "goal_id": goal.id,
        "name": goal.name,
        "status": str(goal.status),
        "status_reason": goal.status_reason,
        "direction": goal.terms.direction,
        "as_of": goal.terms.as_of.isoformat(),
        "starts_on": goal.terms.starts_on.isoformat(),
        "ends_on": goal.terms.to_json()["ends_on"],
        "rolling_days": goal.terms.rolling_days,
        "date": night["date"],
        "final": over,
        "summary": _summary(goal, night, over, outcome, target, arms),
        "users": night["users"],
        "outcome": outcome,
        "events": None if goal.terms.rolling else _events(goal, night, over),
        "target": target,
        "buckets": _buckets(goal, came["by_bucket"], night.get("realised")),
        "arms": arms,
        "uplift": found,
        "ranking": _ranking(night.get("realised")),
        "curve": curve,
        "windows": windows,
    }


def _outcome(goal: Goal, night: Mapping[str, Any], over: bool) -> dict[str, Any] | None:
    """Members who did it beside those predicted: for the whole period, or by the night's day."""
    forecast = goal.forecast or {}
    error = forecast.get("error")
    point = predicted_by(forecast.get("curve") or [], date.fromisoformat(night["date"]))
    if over and "value" in forecast:
        intervals = {level: dict(bounds) for level, bounds in forecast["intervals"].items()}
        value = forecast["value"]
        place = None
        if error is not None:
            scale, freedom = error["log_scale"], error["freedom"]
            place = round(percentile(value, scale, freedom, night["did"]), 4)
    elif point is not None:
        value, place = point["value"], None
        intervals = {"80": {"low": point["low80"], "high": point["high80"]}}
    else:
        return None
    return _beside(night["did"], value, intervals, place)


def _beside(
    actual: int, value: float, intervals: Mapping[str, Any], place: float | None
) -> dict[str, Any]:
    return {
        "actual": actual,
        "predicted": value,
        "intervals": intervals,
        "within": narrowest(intervals, actual),
        "percentile": place,
        "error": _error(value, actual),
    }


def _of_windows(
    stores: Stores, goal: Goal, night: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, Mapping[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """(outcome, counts, curve, track record) of a rolling goal: the newest complete window, and
    every window that a night predicted."""
    shown = days(goal, published(stores, goal))
    came = newest(stores, goal, night)
    outcome = None
    if came["predicted"] is not None:
        bounds = {"low": came["predicted"]["low80"], "high": came["predicted"]["high80"]}
        outcome = _beside(came["did"], came["predicted"]["value"], {"80": bounds}, None)
    curve = [
        {
            "date": day["date"],
            **{name: day["window"][name] for name in ("did", "did_restated")},
            "predicted": day["predicted"],
        }
        for day in shown
    ]
    return outcome, came, curve, errors(shown)


def _curve(stores: Stores, goal: Goal) -> list[dict[str, Any]]:
    """Day by day of the whole period: members who did it by then, None where no night has closed
    the day, and as known now where that is another number, beside those predicted."""
    curve = (goal.forecast or {}).get("curve") or []
    nights = list(stores.runs.nights_of(goal.id, goal.terms.starts_on, date.max))
    did = {night["date"]: night["did"] for night in nights}
    known = known_now(goal, nights)
    listed = sorted(did.keys() | {point["date"] for point in curve})
    return [
        {
            "date": day,
            "did": did.get(day),
            "did_restated": changed(did[day], known.get(day)) if day in did else None,
            "predicted": predicted_by(curve, date.fromisoformat(day)),
        }
        for day in listed
    ]


def _events(goal: Goal, night: Mapping[str, Any], over: bool) -> dict[str, Any] | None:
    """Events by members, beside those predicted for the whole period."""
    said = (goal.forecast or {}).get("events_total")
    if said is None:
        return None
    return {
        "actual": night["events"],
        "predicted": said["value"],
        "low80": said["low80"],
        "high80": said["high80"],
        "error": _error(said["value"], night["events"]) if over else None,
    }


def _target(goal: Goal, night: Mapping[str, Any], over: bool) -> dict[str, Any] | None:
    target = goal.terms.target
    if target is None:
        return None
    said = (goal.forecast or {}).get("target") or {}
    actual = night["did"] if target.metric == "users" else night["events"]
    return {
        **target.to_json(),
        "actual": actual,
        "reached": reached(goal.terms.direction, actual, target.value, over),
        "probability": said.get("probability"),
        "verdict": said.get("verdict"),
    }


def _buckets(
    goal: Goal,
    cells: Mapping[str, Mapping[str, Mapping[str, int]]],
    realised: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """The buckets of day 0 (of a rolling goal: of the night the window began after), likeliest
    first. What was predicted is of the whole period: by the members' own likelihoods where the
    period is over, else by the forecast."""
    said = {entry["bucket"]: entry for entry in (goal.forecast or {}).get("buckets") or ()}
    shown = []
    for bucket in reversed(Bucket):
        together = _together(cells[bucket.label][arm] for arm in ARMS)
        entry = said.get(bucket.label)
        expected, among = (None, 0) if entry is None else (entry["expected_users"], entry["users"])
        if realised is not None:
            expected, among = realised["expected"][BUCKETS.index(bucket)], together.users
        if goal.terms.rolling:
            expected, among = None, 0
        shown.append(
            {
                "bucket": bucket.label,
                "predicted_users": expected,
                "predicted_rate": round(expected / among, 6) if expected and among else None,
                **rated(vars(together)),
            }
        )
    return shown


def _arms(cells: Mapping[str, Mapping[str, int]], uplift: Mapping[str, Any]) -> dict[str, Any]:
    """With the verdict of the uplift where something was engaged through the goal."""
    test, control = (Converted(**cells[arm]) for arm in ARMS)
    found = difference(test, control)
    said = uplift["sentence"] if uplift["engagements"] else arms_verdict(found)
    return {
        "test": rated(vars(test)),
        "control": rated(vars(control)),
        "difference": None if found is None else vars(found),
        "verdict": said,
    }


def _ranking(realised: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if realised is None:
        return None
    return {
        **{key: realised[key] for key in ("users", "did", "auc", "brier", "ece")},
        "reliability": [
            {"predicted": round(part["expected"] / part["users"], 6), **rated(part)}
            for part in realised["tenths"]
        ],
    }


def _summary(
    goal: Goal,
    night: Mapping[str, Any],
    over: bool,
    outcome: Mapping[str, Any] | None,
    target: Mapping[str, Any] | None,
    arms: Mapping[str, Any],
) -> list[str]:
    """The same in sentences."""
    said, complete = [], over or goal.terms.rolling
    if goal.terms.rolling:
        said.append(f"A rolling goal: the newest window that is complete, as of {night['date']}.")
    elif goal.status == Status.ARCHIVED and not over:
        said.append(f"Archived before its end: how it stood on its last night, {night['date']}.")
    elif not over:
        said.append(f"Still at work: how it stands after the night of {night['date']}.")
    if outcome is not None:
        told = {"value": outcome["predicted"], **outcome}
        said.append(outcome_sentence(outcome["actual"], night["users"], told, complete))
    if target is not None:
        said.append(target_sentence(target))
    return [*said, arms["verdict"]]


def _together(cells: Iterable[Mapping[str, int]]) -> Converted:
    return sum((Converted(**cell) for cell in cells), Converted())


def _error(predicted: float, actual: int) -> float | None:
    """(predicted - actual) / actual; None where nothing came."""
    return round((predicted - actual) / actual, 6) if actual else None
