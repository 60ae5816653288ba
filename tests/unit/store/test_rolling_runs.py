"""Plans and publications of rolling goals against the stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from intent_segments.errors import InsufficientHistory
from intent_segments.goals.goal import Status, Terms
from intent_segments.services.forecasting import in_rolling_days
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.services.tracking import buckets, progress
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW, WATERMARK, a_goal, save, terms, work


def rolling(days: int = 2, as_of: date = WATERMARK) -> Terms:
    return replace(terms(as_of=as_of), ends_on=None, rolling_days=days)


def set_up(stores: Stores, wanted: Terms) -> None:
    save(stores, a_goal(terms=wanted))
    plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)
    work(stores, "setup-goal_1")
    record_progress(stores, {"run_id": "setup-goal_1"}, NOW)


def run_night(stores: Stores, day: int) -> dict[str, Any]:
    """Runs the night of a day of November; what its plan says of the goal."""
    plan = plan_run(stores, RunRequest("night", date=date(2026, 11, day)), NOW)
    work(stores, plan["run_id"])
    record_progress(stores, plan, NOW)
    planned: dict[str, Any] = stores.objects.get_json(plan["plan_key"])["goals"][0]
    return planned


def test_the_night_that_ends_a_window_reads_the_scores_of_the_night_before_it(
    stores: Stores,
) -> None:
    set_up(stores, rolling())
    read = [run_night(stores, day)["window_scores"] for day in (21, 22, 23)]
    assert [files and files["date"] for files in read] == [None, "2026-11-20", "2026-11-21"]
    days = progress(stores, "goal_1")["days"]
    assert [(day["date"], day["window"]["did"]) for day in days] == [
        ("2026-11-20", 0),
        ("2026-11-21", 0),
        ("2026-11-22", None),
        ("2026-11-23", None),
    ]
    assert days[0]["predicted"] == {"value": 4.0, "low80": 2.0, "high80": 6.0}


def test_a_goal_saved_after_its_as_of_is_judged_from_its_first_night_on(stores: Stores) -> None:
    set_up(stores, rolling(as_of=date(2026, 11, 15)))
    read = [run_night(stores, day)["window_scores"] for day in (21, 22, 23)]
    assert [files and files["date"] for files in read] == [None, None, "2026-11-21"]
    assert progress(stores, "goal_1")["windows"]["complete"] == 1


def test_buckets_have_nothing_to_show_of_the_past_before_a_window_is_complete(
    stores: Stores,
) -> None:
    set_up(stores, rolling())
    run_night(stores, 21)
    assert {bucket["day0"]["rate"] for bucket in buckets(stores, "goal_1")["buckets"]} == {None}


def test_no_night_ends_a_rolling_goal(stores: Stores) -> None:
    set_up(stores, rolling(1))
    for day in (21, 22, 23, 24):
        run_night(stores, day)
    goal = stores.goals.get("goal_1")
    assert (goal.status, goal.scores and goal.scores.date) == (Status.ACTIVE, date(2026, 11, 24))


def test_a_refusal_names_the_days_that_a_rolling_goal_may_look_ahead() -> None:
    refusal = InsufficientHistory("Too short.", extras={"longest_end_date": "2026-11-25"})
    assert in_rolling_days(refusal, rolling(30)).message == (
        "Too short. Or let a rolling goal look 5 days ahead at most."
    )
    assert in_rolling_days(refusal, terms()) is refusal
