"""A goal whose members do other than forecast says so in its evaluation."""

from __future__ import annotations

import pytest

from intent_segments.api import answers
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.store import stack

FIRST_NIGHT = "2026-11-21"


@pytest.mark.parametrize(
    ("low80", "warned"),
    [(300.0, True), (1.0, False)],
    ids=["far more were expected", "so few were possible"],
)
def test_the_first_night_is_held_against_the_forecast_of_its_day(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, low80: float, warned: bool
) -> None:
    """Two members did it where 400 were expected."""
    point = {"date": FIRST_NIGHT, "value": 400.0, "low80": low80, "high80": 500.0}
    monkeypatch.setitem(stack.FORECAST, "curve", [point])
    goal_id = ask(
        "POST",
        "/v1/goals",
        {
            "name": "Sell more",
            "segment_id": "all-users",
            "events": ["purchase"],
            "ends_on": "2026-11-30",
        },
    ).json["id"]
    plan_run(stores, RunRequest("goal_setup", goal_id), stack.NOW)
    stack.work(stores, f"setup-{goal_id}")
    record_progress(stores, {"run_id": f"setup-{goal_id}"}, stack.NOW)
    request = RunRequest.from_event({"kind": "night", "date": FIRST_NIGHT})
    plan = plan_run(stores, request, stack.NOW)
    stack.work(stores, plan["run_id"], did=1)
    record_progress(stores, plan, stack.NOW)
    found = ask("GET", f"/v1/goals/{goal_id}/evaluation").json
    answers.GoalEvaluation.model_validate(found)
    assert [f"By {FIRST_NIGHT} 2 members did it, fewer than" in w for w in found["warnings"]] == (
        [True] if warned else []
    )
