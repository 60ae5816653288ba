"""Rolling goals: which window is complete when, when a model is too old, how windows turned out."""

from __future__ import annotations

from datetime import date

import pytest

from intent_segments.goals.buckets import Bucket
from intent_segments.goals.goal import Terms
from intent_segments.goals.progress import Converted, no_one
from intent_segments.goals.rolling import (
    Completed,
    WindowError,
    nothing_came,
    retraining_due,
    track_record,
    window_that_ends,
)
from intent_segments.goals.target_group import Arm
from intent_segments.segments.goal_event import GoalEvent

AS_OF = date(2026, 11, 20)


def terms(rolling_days: int | None = 7) -> Terms:
    return Terms(
        segment_id="all-users",
        definition={"all": []},
        direction="maximize",
        events=(GoalEvent("purchase"),),
        match="any",
        as_of=AS_OF,
        starts_on=date(2026, 11, 21),
        ends_on=None if rolling_days else date(2026, 11, 30),
        rolling_days=rolling_days,
    )


@pytest.mark.parametrize(
    ("night", "began"),
    [
        (date(2026, 11, 26), None),
        (date(2026, 11, 27), AS_OF),
        (date(2026, 11, 28), date(2026, 11, 21)),
    ],
)
def test_the_first_window_is_complete_seven_nights_after_day_0(
    night: date, began: date | None
) -> None:
    assert window_that_ends(terms(), night) == began


def test_a_goal_with_an_end_has_no_windows() -> None:
    assert window_that_ends(terms(None), date(2026, 12, 31)) is None


@pytest.mark.parametrize(
    ("night", "due"),
    [(date(2026, 12, 17), False), (date(2026, 12, 18), True), (date(2027, 1, 1), True)],
)
def test_a_model_is_made_anew_after_28_nights(night: date, due: bool) -> None:
    assert retraining_due(terms(), {"as_of": "2026-11-20"}, night) is due
    assert not retraining_due(terms(None), {"as_of": "2026-11-20"}, night)
    assert not retraining_due(terms(), None, night)


def test_complete_windows_are_summed_up() -> None:
    windows = [
        WindowError(110, 90, 130, 100),
        WindowError(50, 40, 60, 100),
        WindowError(1, 0, 2, 0),
    ]
    assert track_record(windows) == {
        "complete": 3,
        "mape": 0.3,
        "bias": -0.2,
        "coverage80": pytest.approx(2 / 3, abs=1e-6),
    }
    assert track_record([]) == {"complete": 0, "mape": None, "bias": None, "coverage80": None}


def test_what_came_is_told_by_bucket_and_by_arm() -> None:
    cells = dict(no_one())
    cells[Bucket.MOST_LIKELY, Arm.TEST] = Converted(6, 3)
    cells[Bucket.LEAST_LIKELY, Arm.TEST] = Converted(4, 1)
    cells[Bucket.LEAST_LIKELY, Arm.CONTROL] = Converted(2, 1)
    told = Completed(AS_OF, cells, 9).to_json()
    assert (told["as_of"], told["did"], told["events"]) == ("2026-11-20", 5, 9)
    assert told["by_arm"] == {"test": {"users": 10, "did": 4}, "control": {"users": 2, "did": 1}}
    assert told["by_bucket"]["least_likely"]["control"] == {"users": 2, "did": 1}
    assert nothing_came()["most_likely"]["test"] == {"users": 0, "did": 0}
