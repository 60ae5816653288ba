"""Three lines: what was forecast, what the control group says would have come anyway, what came.

The gap between the last two is the campaign's; the gap between the first two is the forecast's own
error, or whatever else was new in these days to both arms alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..campaigns.arms import Estimate
from ..campaigns.baseline import implied, lines
from ..campaigns.effect import difference, incremental
from ..goals.buckets import Bucket
from ..goals.goal import Goal
from ..goals.progress import predicted_by
from ..store.stores import Stores
from .uplift_counts import Counts, arms_of, cells_of
from .uplift_shown import USERS, rounded
from .windows import days as days_of_windows
from .windows import published


def by_day(counts: Counts, bucket: Bucket | None, sound: bool) -> list[dict[str, Any]]:
    """The lines of every published night with members in both arms, in test members who did it by
    then. The forecast is of all members from day 0 on, so a bucket and an engagement have none;
    without a `sound` split control implies nothing."""
    daily = counts.daily(bucket)
    if daily is None:
        return []
    dates = [counts.first + timedelta(days=day) for day in range(len(daily.looks))]
    curve = (counts.goal.forecast or {}).get("curve") or []
    own = bucket is None and counts.engagement is None
    said = [predicted_by(curve, date) for date in dates] if own else []
    # Of all members; who is held out of everything is in neither arm.
    members = sum(arm.users for arm in counts.arms())
    part = members / counts.night["users"] if counts.night["users"] else 1.0
    values = [part * point["value"] for point in said if point is not None]
    forecast = values if said and len(values) == len(said) else None
    found = lines(daily, forecast)
    return [
        _line(date.isoformat(), day.forecast, day.actual, sound, day.baseline, day.incremental)
        for date, day in zip(dates, found, strict=True)
        if day is not None
    ]


def by_window(
    stores: Stores, goal: Goal, bucket: Bucket | None, sound: bool
) -> list[dict[str, Any]]:
    """The same of a rolling goal: every complete window by the night that it began after."""
    found = []
    for day in days_of_windows(goal, published(stores, goal)):
        cells: Mapping[str, Any] | None = day["window"]["by_bucket"]
        if cells is None:
            continue
        test, control = arms_of(cells_of(cells), bucket)
        if not test.users or not control.users:
            continue
        share = test.users / (test.users + control.users)
        forecast = day["predicted"]["value"] * share if bucket is None else None
        gained = incremental(difference(test, control), test)
        found.append(
            _line(day["date"], forecast, test.converted, sound, implied(test, control), gained)
        )
    return found


def _line(
    day: str,
    forecast: float | None,
    actual: int,
    sound: bool,
    baseline: Estimate,
    gained: Estimate,
) -> dict[str, Any]:
    return {
        "date": day,
        "forecast": None if forecast is None else round(forecast, USERS),
        "baseline": rounded(baseline.to_json(), USERS) if sound else None,
        "actual": actual,
        "incremental": rounded(gained.to_json(), USERS) if sound else None,
    }
