"""Planning and publishing against the stores: what a night may do, and what a repeat changes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intent_segments.errors import Conflict, CorruptObject
from intent_segments.goals.goal import Status, Target
from intent_segments.goals.plan import Plan
from intent_segments.services import endings
from intent_segments.services.planning import MOST_NIGHTS, RunRequest, last_closed_day, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.services.tracking import buckets, progress
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW, a_goal, empty_stack, load, save, terms, work


def night(day: int | None) -> RunRequest:
    return RunRequest("night", date=None if day is None else date(2026, 11, day))


def set_up(
    stores: Stores, goal_id: str = "goal_1", target: Target | None = None, **changes: Any
) -> None:
    wanted = {"terms": replace(terms(), target=target)} if target else {}
    save(stores, a_goal(goal_id, **wanted, **changes))
    plan_run(stores, RunRequest("goal_setup", goal_id), NOW)
    work(stores, f"setup-{goal_id}")
    record_progress(stores, {"run_id": f"setup-{goal_id}"}, NOW)


def run_night(stores: Stores, day: int, did: int = 1) -> dict[str, Any]:
    plan = plan_run(stores, night(day), NOW)
    if plan["has_work"]:
        work(stores, plan["run_id"], did)
    return record_progress(stores, plan, NOW)


def test_a_plan_says_where_everything_is(stores: Stores) -> None:
    save(stores, a_goal())
    event = plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)
    folder = event["plan_key"].removesuffix("plan.json")
    assert re.fullmatch(r"runs/setup-goal_1/[0-9a-f]{12}/", folder)
    assert event == {
        "run_id": "setup-goal_1",
        "plan_key": f"{folder}plan.json",
        "bucket": "lake",
        "shards_key": f"{folder}shards.json",
        "has_work": True,
        "idle": False,
        "catch_up": False,
    }
    assert stores.objects.get_json(event["shards_key"]) == [
        {"run_id": "setup-goal_1", "group": 0, "plan_key": event["plan_key"]},
        {"run_id": "setup-goal_1", "group": 1, "plan_key": event["plan_key"]},
    ]
    stored = stores.objects.get_json(event["plan_key"])
    assert Plan.from_json(stored).to_json() == stored
    assert Plan.from_json(stored).plan_key == event["plan_key"]
    assert stored["goals"][0]["control_salt"]


def test_set_up_makes_a_goal_active_with_its_model_and_first_buckets(stores: Stores) -> None:
    set_up(stores)
    goal = stores.goals.get("goal_1")
    assert goal.status == Status.ACTIVE
    assert goal.model is not None and goal.model["key"] == "models/m.joblib"
    assert goal.day0 is not None and goal.day0["users"] == 8
    shown = buckets(stores, "goal_1")
    assert [(b["bucket"], b["users"]) for b in shown["buckets"]] == [
        ("most_likely", 6),
        ("moderately_likely", 0),
        ("least_likely", 2),
    ]


def test_set_up_uses_the_state_of_the_lake_that_the_goal_was_created_on(stores: Stores) -> None:
    save(stores, a_goal())
    load(stores, date(2026, 11, 20))
    plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)
    assert work(stores, "setup-goal_1").attempt == 1


def test_an_event_delivered_twice_sets_up_once(stores: Stores) -> None:
    set_up(stores)
    assert plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)["has_work"] is False
    assert record_progress(stores, {"run_id": "setup-goal_1"}, NOW)["status"] == "published"


def test_a_goal_archived_during_its_set_up_stays_archived(stores: Stores) -> None:
    save(stores, a_goal())
    plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)
    work(stores, "setup-goal_1")
    stores.goals.step("goal_1", Status.ARCHIVED)
    assert record_progress(stores, {"run_id": "setup-goal_1"}, NOW)["status"] == "discarded"
    assert stores.goals.get("goal_1").status == Status.ARCHIVED


def test_a_night_moves_the_watermark_and_shows_actual_beside_predicted(stores: Stores) -> None:
    set_up(stores)
    assert run_night(stores, 21) == {
        "run_id": "night-2026-11-21",
        "status": "published",
        "catch_up": False,
    }
    assert stores.head.read().watermark == date(2026, 11, 21)
    [day] = progress(stores, "goal_1")["days"]
    assert (day["did"], day["predicted"]["value"], day["expected_users"]) == (2, 1.0, 5.0)
    assert day["by_arm"]["test"] == {"users": 6, "did": 2, "rate": 0.333333}


def test_a_night_says_how_the_goal_will_end_and_whether_its_target_is_in_reach(
    stores: Stores,
) -> None:
    """One was expected by tonight, two came: a part of the surplus is taken to go on."""
    set_up(stores, target=Target("users", 4))
    run_night(stores, 21)
    seen = progress(stores, "goal_1")
    [day], outlook = seen["days"], seen["outlook"]
    assert 5.0 < day["ending"]["value"] < 5.5
    assert 2 < day["ending"]["low80"] < 5.0 < day["ending"]["high80"] <= 8
    assert outlook["date"] == "2026-11-21"
    assert outlook["low95"] < outlook["low80"] < outlook["high80"] <= outlook["high95"]
    assert 0.5 < outlook["target"]["probability"] < 1
    assert outlook["target"]["verdict"] == "within_reach"


def test_a_target_of_events_counts_events(stores: Stores) -> None:
    set_up(stores, target=Target("events", 400))
    run_night(stores, 21)
    target = progress(stores, "goal_1")["outlook"]["target"]
    assert target["even_chance"] > 4
    assert (target["metric"], target["verdict"]) == ("events", "not_realistic")


def test_a_goal_saved_before_forecasts_kept_their_error_has_no_ending(stores: Stores) -> None:
    set_up(stores)
    goal = stores.goals.get("goal_1")
    assert goal.forecast is not None
    without = {key: value for key, value in goal.forecast.items() if key != "error"}
    run_night(stores, 21)
    [night] = stores.runs.nights_of("goal_1", date(2026, 11, 21), date(2026, 11, 21))
    assert endings.outlook(replace(goal, forecast=without), night) is None


def test_publishing_a_night_twice_equals_once(stores: Stores) -> None:
    set_up(stores)
    plan = plan_run(stores, night(21), NOW)
    work(stores, plan["run_id"], 1)
    record_progress(stores, plan, NOW)
    before = stores.runs.get("night-2026-11-21")
    record_progress(stores, plan, datetime(2026, 11, 23, tzinfo=UTC))
    assert stores.runs.get("night-2026-11-21") == before
    assert stores.head.read().watermark == date(2026, 11, 21)


def test_a_published_night_can_be_repeated_from_its_own_plan(stores: Stores) -> None:
    set_up(stores)
    run_night(stores, 21)
    before = plan_run(stores, night(21), NOW)
    load(stores, date(2026, 11, 22))
    run_night(stores, 21)
    assert plan_run(stores, night(21), NOW) == before
    assert len([key for key in stores.objects.keys("runs/night") if "plan.json" in key]) == 1


def test_a_published_night_keeps_its_numbers(stores: Stores) -> None:
    set_up(stores)
    run_night(stores, 21, did=1)
    with pytest.raises(Conflict, match="other numbers"):
        run_night(stores, 21, did=2)


def test_a_night_after_a_missing_one_is_refused_with_the_missing_one(stores: Stores) -> None:
    with pytest.raises(Conflict, match="first missing night is 2026-11-21"):
        plan_run(stores, night(23), NOW)


def test_a_day_closed_by_the_import_has_no_night_to_repeat(stores: Stores) -> None:
    with pytest.raises(Conflict, match="The next night is 2026-11-21"):
        plan_run(stores, night(19), NOW)


def test_a_night_before_anything_was_loaded_names_the_remedy() -> None:
    with empty_stack() as stores, pytest.raises(Conflict, match="intent load"):
        plan_run(stores, night(21), NOW)


def test_the_scheduled_night_is_the_first_missing_one(stores: Stores) -> None:
    assert plan_run(stores, night(None), NOW)["run_id"] == "night-2026-11-21"


def test_the_scheduled_night_waits_until_its_day_is_over(stores: Stores) -> None:
    early = plan_run(stores, night(None), datetime(2026, 11, 22, 2, 59, tzinfo=UTC))
    assert early["idle"] and early["run_id"] is None
    assert not plan_run(stores, night(None), datetime(2026, 11, 22, 3, 0, tzinfo=UTC))["idle"]


def test_the_scheduled_night_asks_for_another_one_while_days_are_missing(stores: Stores) -> None:
    two_days_late = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    first = plan_run(stores, night(None), two_days_late)
    assert (first["run_id"], first["catch_up"]) == ("night-2026-11-21", True)
    published = record_progress(stores, first, two_days_late)
    assert (published["catch_up"], published["nights"]) == (True, 1)
    second = plan_run(stores, night(None), two_days_late)
    assert (second["run_id"], second["catch_up"]) == ("night-2026-11-22", False)


def test_one_execution_makes_good_a_year_of_nights_and_leaves_the_rest_to_the_next(
    stores: Stores,
) -> None:
    two_days_late = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    last = RunRequest.from_event({"kind": "night", "nights": MOST_NIGHTS - 1})
    assert plan_run(stores, last, two_days_late)["catch_up"] is False
    before = RunRequest.from_event({"kind": "night", "nights": MOST_NIGHTS - 2})
    assert plan_run(stores, before, two_days_late)["catch_up"] is True


@pytest.mark.parametrize(
    ("zone", "at_three_local"),
    [
        ("Europe/Berlin", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
    ],
)
def test_at_three_in_the_morning_yesterday_is_closed_also_when_clocks_change(
    zone: str, at_three_local: datetime
) -> None:
    yesterday = at_three_local.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    assert last_closed_day(at_three_local, zone) == yesterday
    assert last_closed_day(at_three_local - timedelta(minutes=1), zone) < yesterday


def test_a_night_without_goals_is_published_all_the_same(stores: Stores) -> None:
    plan = plan_run(stores, night(21), NOW)
    assert plan["has_work"] is False
    record_progress(stores, plan, NOW)
    assert stores.head.read().watermark == date(2026, 11, 21)
    assert stores.runs.get("night-2026-11-21").status == "published"


def test_the_night_of_the_last_day_ends_the_goal_and_frees_its_place(stores: Stores) -> None:
    set_up(stores, terms=terms(ends_on=date(2026, 11, 22)))
    run_night(stores, 21)
    run_night(stores, 22, did=2)
    run_night(stores, 23)
    goal = stores.goals.get("goal_1")
    assert (goal.status, [day["did"] for day in progress(stores, "goal_1")["days"]]) == (
        "ended",
        [2, 4],
    )
    account = stores.account.find()
    assert account is not None and account.active_goals == 0


def test_a_goal_archived_during_the_night_does_not_stop_the_others(stores: Stores) -> None:
    set_up(stores, "goal_1")
    set_up(stores, "goal_2")
    plan = plan_run(stores, night(21), NOW)
    work(stores, plan["run_id"])
    stores.goals.step("goal_1", Status.ARCHIVED)
    record_progress(stores, plan, NOW)
    scores = [stores.goals.get(goal_id).scores for goal_id in ("goal_1", "goal_2")]
    assert [entry.date.day for entry in scores if entry] == [20, 21]


def test_a_missing_tally_is_refused_by_group(stores: Stores) -> None:
    set_up(stores)
    plan = plan_run(stores, night(21), NOW)
    work(stores, plan["run_id"], groups=(0,))
    with pytest.raises(CorruptObject, match=r"1 of 2 groups \(1\)"):
        record_progress(stores, plan, NOW)
    assert stores.head.read().watermark == date(2026, 11, 20)


def test_two_plans_of_a_night_do_not_write_over_each_other(stores: Stores) -> None:
    set_up(stores)
    first = plan_run(stores, night(21), NOW)
    work(stores, first["run_id"])
    load(stores, date(2026, 11, 22))
    second = plan_run(stores, night(21), NOW)
    assert second["plan_key"] != first["plan_key"]
    assert record_progress(stores, first, NOW)["status"] == "published"
    published = stores.runs.get("night-2026-11-21")
    assert (published.attempt, published.plan_key) == (1, first["plan_key"])
    assert record_progress(stores, second, NOW)["status"] == "published"
    assert stores.runs.get("night-2026-11-21") == published


def test_a_tally_of_another_attempt_is_refused(stores: Stores) -> None:
    set_up(stores)
    plan = plan_run(stores, night(21), NOW)
    key = work(stores, plan["run_id"]).tally_key(1)
    stores.objects.put_json(key, stores.objects.get_json(key) | {"attempt": 7})
    with pytest.raises(CorruptObject, match="state 7 of the lake"):
        record_progress(stores, plan, NOW)


def failure(kind: str, message: str) -> dict[str, Any]:
    cause = json.dumps({"errorType": kind, "errorMessage": message})
    return {"run_id": "setup-goal_1", "failed": {"Error": kind, "Cause": cause}}


def test_too_little_history_is_told_and_keeps_the_place(stores: Stores) -> None:
    save(stores, a_goal())
    record_progress(stores, failure("InsufficientHistory", "Load 30 days more."), NOW)
    goal = stores.goals.get("goal_1")
    assert (goal.status, goal.status_reason) == ("needs_data", "Load 30 days more.")


def test_an_unforeseen_failure_is_told_without_its_insides(stores: Stores) -> None:
    save(stores, a_goal())
    record_progress(stores, failure("KeyError", "user-17"), NOW)
    goal = stores.goals.get("goal_1")
    assert goal.status == "failed"
    assert goal.status_reason is not None
    assert "KeyError" in goal.status_reason and "user-17" not in goal.status_reason


def test_a_night_that_could_not_be_planned_is_recorded_with_its_reason(stores: Stores) -> None:
    cause = json.dumps({"errorType": "Conflict", "errorMessage": "Load the 21st first."})
    event = {"kind": "night", "date": "2026-11-23", "failed": {"Error": "x", "Cause": cause}}
    record_progress(stores, event, NOW)
    run = stores.runs.get("night-2026-11-23")
    assert (run.status, run.reason) == ("failed", "Load the 21st first.")


def test_a_late_failure_does_not_undo_a_published_night(stores: Stores) -> None:
    set_up(stores)
    run_night(stores, 21)
    record_progress(stores, {"run_id": "night-2026-11-21", "failed": {"Error": "x"}}, NOW)
    assert stores.runs.get("night-2026-11-21").status == "published"
