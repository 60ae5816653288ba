"""What a published night says to whoever keeps the stack running: is it late, do forecasts hold,
do buckets keep still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..goals.off_course import off_course
from ..goals.plan import Plan, PlannedGoal
from ..goals.progress import predicted_by
from ..store.runs import Run, night_id, plan_key_of
from ..store.stores import Stores
from ..telemetry.journal import Metric
from .planning import GRACE


@dataclass(frozen=True)
class Signals:
    """`lag_hours` is how long after the schedule the night was published. `off_interval` counts
    goals of which more or fewer did it than the 80 % interval for that day has, which chance alone
    brings about in one of five; `off_course` those outside the 99 % interval. `drift_percent` is
    the largest share, of any goal, of members open on both nights whose bucket changed."""

    lag_hours: float
    off_interval: int = 0
    off_course: int = 0
    drift_percent: float = 0.0

    def metrics(self) -> tuple[Metric, ...]:
        return (
            Metric("RunLag", self.lag_hours, "None"),
            Metric("ForecastOffInterval", self.off_interval),
            Metric("ForecastOffCourse", self.off_course),
            Metric("BucketDrift", self.drift_percent, "Percent"),
        )


def signals_of(stores: Stores, run: Run, now: datetime) -> Signals:
    """Of a published night. `now` is the UTC instant of its publication."""
    plan = Plan.from_json(stores.objects.get_json(plan_key_of(run)))
    lag = lag_hours(plan.date, now, plan.timezone)
    counted = [
        (predicted, did, run.goals[goal.id])
        for goal in plan.goals
        for predicted, did in [_held_against(stores, goal, run.goals[goal.id])]
    ]
    return Signals(
        lag_hours=lag,
        off_interval=sum(outside(did, predicted) for predicted, did, _ in counted),
        off_course=sum(
            off_course(did, predicted, night["date"]) is not None
            for predicted, did, night in counted
        ),
        drift_percent=max((drift_percent(night) for _, _, night in counted), default=0.0),
    )


def lag_hours(day: date, now: datetime, timezone: str) -> float:
    """Hours on the wall clock between the moment at which the night of `day` was due (GRACE after
    its midnight) and `now`; 0 when it is not due yet."""
    due = datetime.combine(day + timedelta(days=1), time()) + GRACE
    wall = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return round(max((wall - due).total_seconds(), 0.0) / 3600, 2)


def outside(did: int, predicted: Mapping[str, Any] | None) -> bool:
    """Whether a count lies outside the 80 % interval that was predicted for it."""
    return predicted is not None and not predicted["low80"] <= did <= predicted["high80"]


def drift_percent(night: Mapping[str, Any]) -> float:
    """Of the members of a goal who were open on both nights, how many percent changed the bucket;
    `night` is GoalNight JSON."""
    table: Mapping[str, Mapping[str, int]] = night["transitions"]
    both = sum(n for row in table.values() for n in row.values())
    stayed = sum(row.get(bucket, 0) for bucket, row in table.items())
    return round(100 * (both - stayed) / both, 3) if both else 0.0


def _held_against(
    stores: Stores, goal: PlannedGoal, night: Mapping[str, Any]
) -> tuple[Mapping[str, Any] | None, int]:
    """(what was predicted, what came): until tonight, or in a rolling goal's window that ended."""
    if not goal.terms.rolling:
        curve = (goal.forecast or {}).get("curve") or ()
        return predicted_by(curve, date.fromisoformat(night["date"])), night["did"]
    completed = night.get("completed")
    if completed is None:
        return None, 0
    began = stores.runs.find(night_id(date.fromisoformat(completed["as_of"])))
    told = (began.goals.get(goal.id) if began else None) or {}
    return told.get("predicted"), completed["did"]
