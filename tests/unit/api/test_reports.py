"""GET /v1/goals/{id}/report: predicted against actual, so far and at the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.goals.plan import group_tally
from intent_segments.goals.realised import Realised
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.api.test_goals import GOAL
from tests.unit.store import stack
from tests.unit.store.stack import NOW, tally, work

ENDS_ON = "2026-11-22"
TARGET = {"metric": "users", "value": 5, "probability": 0.31, "verdict": "a_stretch"}
BUCKETS = [
    {"bucket": "most_likely", "users": 6, "expected_users": 3.6},
    {"bucket": "moderately_likely", "users": 0, "expected_users": 0.0},
    {"bucket": "least_likely", "users": 2, "expected_users": 0.4},
]
OF_A_GROUP = Realised(
    bins={100: (1, 0, 100_000), 700: (3, 1, 2_400_000)},
    squares=100_000**2 + 3 * 800_000**2,
    hits=800_000,
    expected=(100_000, 0, 2_400_000),
)
"""Of each group's four members: three were said to be likely, .8 each, of whom one did it."""


def night(stores: Stores, day: str, did: int) -> None:
    """Publish a night on which `did` of three test members of each group did it."""
    plan = plan_run(stores, RunRequest("night", date=date.fromisoformat(day)), NOW)
    stored = work(stores, plan["run_id"], did)
    if day == ENDS_ON:
        for group in range(2):
            counted = {g.id: replace(tally(did), realised=OF_A_GROUP) for g in stored.goals}
            stores.objects.put_json(stored.tally_key(group), group_tally(stored, group, counted))
    record_progress(stores, plan, NOW)


@pytest.fixture
def goal_id(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> str:
    """A goal of two days that has been set up."""
    monkeypatch.setitem(stack.FORECAST, "target", TARGET)
    monkeypatch.setitem(stack.FORECAST, "buckets", BUCKETS)
    body = GOAL | {"ends_on": ENDS_ON, "target": {"metric": "users", "value": 5}}
    made: str = ask("POST", "/v1/goals", body).json["id"]
    plan_run(stores, RunRequest("goal_setup", made), NOW)
    work(stores, f"setup-{made}")
    record_progress(stores, {"run_id": f"setup-{made}"}, NOW)
    return made


def report(goal_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ask("GET", f"/v1/goals/{goal_id}/report").json
    answers.GoalReport.model_validate(found)
    return found


def test_a_goal_at_work_is_reported_so_far(stores: Stores, goal_id: str) -> None:
    night(stores, "2026-11-21", 1)
    found = report(goal_id)
    assert (found["status"], found["final"], found["date"]) == ("active", False, "2026-11-21")
    assert found["outcome"] == {
        "actual": 2,
        "predicted": 1.0,
        "intervals": {"80": {"low": 0.0, "high": 2.0}},
        "within": "80",
        "percentile": None,
        "error": -0.5,
    }
    assert found["target"]["reached"] is None and found["events"]["error"] is None
    assert found["ranking"] is None
    assert found["summary"][0] == "Still at work: how it stands after the night of 2026-11-21."
    assert [(day["date"], day["did"]) for day in found["curve"]] == [
        ("2026-11-21", 2),
        ("2026-11-22", None),
    ]


def test_the_final_report_holds_everything_said_against_what_came(
    stores: Stores, goal_id: str
) -> None:
    night(stores, "2026-11-21", 1)
    night(stores, ENDS_ON, 1)
    found = report(goal_id)
    assert (found["status"], found["final"], found["date"]) == ("ended", True, ENDS_ON)
    assert found["status_reason"] == "Its last day, 2026-11-22, is closed."
    outcome = found["outcome"]
    assert (outcome["actual"], outcome["predicted"], outcome["error"]) == (2, 4.0, 1.0)
    assert (outcome["within"], 0 < outcome["percentile"] < 0.5) == ("80", True)
    assert found["target"] == {
        "metric": "users",
        "value": 5,
        "actual": 2,
        "reached": False,
        "probability": 0.31,
        "verdict": "a_stretch",
    }
    assert found["events"] == {
        "actual": 4,
        "predicted": 8.0,
        "low80": 3.0,
        "high80": 20.0,
        "error": 1.0,
    }
    most, moderately, least = found["buckets"]
    assert (most["users"], most["did"], most["predicted_users"], most["predicted_rate"]) == (
        6,
        2,
        4.8,
        0.8,
    )
    assert (most["low95"], most["high95"]) == pytest.approx((0.0968, 0.7000), abs=1e-4)
    assert moderately["predicted_rate"] is moderately["rate"] is None
    assert (least["predicted_users"], least["predicted_rate"]) == (0.2, 0.1)
    arms = found["arms"]
    assert (arms["test"]["users"], arms["control"]["users"]) == (6, 2)
    assert arms["difference"]["value"] == 0.333333
    assert arms["difference"]["low95"] < 0 < arms["difference"]["high95"]
    assert "chance makes of two groups" in arms["verdict"]
    ranking = found["ranking"]
    # 2 hits among 6 likely members, 4 misses there and 2 below: (2 * 2 + 2 * 4 / 2) / (2 * 6).
    assert (ranking["users"], ranking["did"], ranking["auc"]) == (8, 2, 0.666667)
    assert ranking["brier"] == pytest.approx((2 * 0.01 + 4 * 0.64 + 2 * 0.04) / 8)
    assert [row["predicted"] for row in ranking["reliability"]] == [0.1, 0.8]
    assert found["summary"] == [
        "2 of 8 members did it; 4 were predicted (80 %: 2 to 6): inside the 80 % interval.",
        "The target of 5 users was missed: 2; day 0 gave it 31 %.",
        arms["verdict"],
    ]
    # The sketch is for the report alone.
    for view in ("progress", "evaluation"):
        assert "realised" not in ask("GET", f"/v1/goals/{goal_id}/{view}").text


def test_an_ended_goal_keeps_its_final_report_in_the_archive(stores: Stores, goal_id: str) -> None:
    night(stores, "2026-11-21", 1)
    night(stores, ENDS_ON, 1)
    before = report(goal_id)
    ask("POST", f"/v1/goals/{goal_id}/archive")
    after = report(goal_id)
    assert after["status"] == "archived" and after["status_reason"].endswith("is closed.")
    assert after == before | {key: after[key] for key in ("status", "status_reason")}
    assert ask("GET", f"/v1/goals/{goal_id}/evaluation").json["finished"] is True


def test_a_goal_archived_before_its_end_is_reported_as_it_stood(
    stores: Stores, goal_id: str
) -> None:
    night(stores, "2026-11-21", 1)
    ask("POST", f"/v1/goals/{goal_id}/archive")
    night(stores, ENDS_ON, 1)
    found = report(goal_id)
    assert (found["status"], found["final"], found["date"]) == ("archived", False, "2026-11-21")
    assert found["summary"][0] == (
        "Archived before its end: how it stood on its last night, 2026-11-21."
    )


def test_on_day_0_there_is_nothing_to_compare_yet(stores: Stores, goal_id: str) -> None:
    found = report(goal_id)
    assert (found["outcome"], found["date"]) == (None, "2026-11-20")
    assert [day["did"] for day in found["curve"]] == [None, None]


def test_a_target_that_is_reached_early_is_told_before_the_end(
    stores: Stores, goal_id: str
) -> None:
    night(stores, "2026-11-21", 3)
    assert report(goal_id)["target"]["reached"] is True


def test_a_rolling_goal_is_reported_by_its_newest_complete_window(stores: Stores) -> None:
    body = GOAL | {"ends_on": None, "rolling_days": 1}
    goal_id = ask("POST", "/v1/goals", body).json["id"]
    plan_run(stores, RunRequest("goal_setup", goal_id), NOW)
    work(stores, f"setup-{goal_id}")
    record_progress(stores, {"run_id": f"setup-{goal_id}"}, NOW)
    assert report(goal_id)["outcome"] is None
    plan = plan_run(stores, RunRequest("night", date=date(2026, 11, 21)), NOW)
    stored = work(stores, plan["run_id"])
    for group in range(2):
        counted = {goal_id: replace(tally(), window=tally(1).day0, window_events=3)}
        stores.objects.put_json(stored.tally_key(group), group_tally(stored, group, counted))
    record_progress(stores, plan, NOW)
    found = report(goal_id)
    assert (found["final"], found["ends_on"], found["rolling_days"]) == (False, None, 1)
    assert (found["outcome"]["actual"], found["outcome"]["predicted"]) == (2, 4.0)
    assert found["windows"]["complete"] == 1 and found["ranking"] is None
    assert [bucket["did"] for bucket in found["buckets"]] == [2, 0, 0]
    assert found["arms"]["test"]["did"] == 2
    assert found["curve"][0] == {
        "date": "2026-11-20",
        "did": 2,
        "did_restated": None,
        "predicted": {"value": 4.0, "low80": 2.0, "high80": 6.0},
    }
    assert found["summary"][1].startswith("2 of 8 members did it; 4 were predicted")
