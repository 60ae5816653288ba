"""What a night signals: is it late, do forecasts hold, do buckets keep still."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.services.run_signals import drift_percent, lag_hours, outside, signals_of
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW, WATERMARK, a_goal, load, loaded_stack, save, work

DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("now", "timezone", "hours"),
    [
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), "UTC", 0),
        (datetime(2026, 11, 22, 1, 0, tzinfo=UTC), "UTC", 0),
        (datetime(2026, 11, 22, 6, 30, tzinfo=UTC), "UTC", 3.5),
        (datetime(2026, 11, 24, 3, 0, tzinfo=UTC), "UTC", 48),
        (datetime(2026, 11, 22, 3, 0, tzinfo=UTC), "Europe/Berlin", 1),
    ],
)
def test_a_night_is_behind_by_the_hours_since_three_on_the_wall_clock(
    now: datetime, timezone: str, hours: float
) -> None:
    assert lag_hours(DAY, now, timezone) == hours


def test_when_clocks_change_three_oclock_is_still_three_oclock() -> None:
    spring = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 03:00 in Berlin, an hour was left out
    assert lag_hours(date(2026, 3, 28), spring, "Europe/Berlin") == 0
    assert lag_hours(date(2026, 3, 28), spring + timedelta(hours=1), "Europe/Berlin") == 1


def test_the_ends_of_an_interval_belong_to_it() -> None:
    predicted = {"value": 5, "low80": 3.0, "high80": 8.0}
    assert [outside(did, predicted) for did in (2, 3, 8, 9)] == [True, False, False, True]
    assert not outside(100, None)


def test_drift_is_the_share_of_those_open_on_both_nights_who_moved() -> None:
    def row(*counts: int) -> dict[str, int]:
        return dict(zip(("least_likely", "moderately_likely", "most_likely"), counts, strict=True))

    still = {"least_likely": row(9, 1, 0), "moderately_likely": row(2, 8, 0)}
    night: dict[str, Any] = {"transitions": still | {"most_likely": row(0, 1, 79)}}
    assert drift_percent(night) == 4.0
    assert drift_percent({"transitions": {"least_likely": row(0, 0, 0)}}) == 0


def published(stores: Stores, did: int) -> str:
    """The night of DAY, in which `did` members of one goal did it in each group."""
    goal = save(stores, a_goal())
    set_up = plan_run(stores, RunRequest("goal_setup", goal.id), NOW)
    work(stores, set_up["run_id"])
    record_progress(stores, set_up, NOW)
    load(stores, WATERMARK)
    night = plan_run(stores, RunRequest("night", date=DAY), NOW)
    work(stores, night["run_id"], did)
    record_progress(stores, night, NOW)
    return str(night["run_id"])


@pytest.mark.parametrize(("did", "off"), [(1, 0), (2, 1)])
def test_a_night_counts_goals_outside_the_interval_of_their_forecast(did: int, off: int) -> None:
    """The forecast has 0 to 2 for the day, and two groups count."""
    with loaded_stack() as stores:
        run = stores.runs.get(published(stores, did))
        found = signals_of(stores, run, NOW)
    assert (found.off_interval, found.off_course) == (off, 0)  # too few users to call it off course
    assert found.lag_hours == 9
    names = [metric.name for metric in found.metrics()]
    assert names == ["RunLag", "ForecastOffInterval", "ForecastOffCourse", "BucketDrift"]
