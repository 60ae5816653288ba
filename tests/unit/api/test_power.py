"""GET /v1/goals/{id}/power: what a control group can show before anything was measured."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.campaigns.looks import limits
from intent_segments.campaigns.power import Plan, power, share_for, smallest_effect
from intent_segments.goals.wilson import Z95
from intent_segments.services.power import power_of_forecast
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.store.stack import a_goal, save, terms

FORECAST = {
    "users": 50_000,
    "value": 1_000.0,
    "buckets": [
        {"bucket": "most_likely", "users": 5_000, "expected_users": 600.0},
        {"bucket": "moderately_likely", "users": 15_000, "expected_users": 400.0},
        {"bucket": "least_likely", "users": 30_000, "expected_users": 0.0},
    ],
}


def asked(stores: Stores, query: str = "", **goal: Any) -> dict[str, Any]:
    made = save(stores, a_goal(**({"forecast": FORECAST} | goal)))
    answer = ask("GET", f"/v1/goals/{made.id}/power{query}")
    assert answer.status == 200, answer.text
    answers.GoalPower.model_validate(answer.json)
    return dict(answer.json)


def test_the_least_effect_is_that_of_a_look_every_night(stores: Stores) -> None:
    found = asked(stores)
    plan = Plan(50_000, 0.05, 0.02, limits(10, 10)[-1])
    least = smallest_effect(plan)
    assert least is not None and found["looks"] == 10
    overall = found["overall"]
    assert (overall["control"], overall["base_rate"], overall["asked"]) == (2_500, 0.02, None)
    assert overall["smallest_effect"] == pytest.approx(least, abs=1e-6)
    assert overall["smallest_lift"] == pytest.approx(least / 0.02, abs=1e-4)
    assert [row["control_share"] for row in overall["shares"]] == [0.01, 0.02, 0.05, 0.1, 0.15, 0.2]
    effects = [row["smallest_effect"] for row in overall["shares"]]
    assert effects == sorted(effects, reverse=True) and effects[2] == overall["smallest_effect"]
    assert "With 5% of 50,000 users held back (2,500)" in overall["sentence"]


def test_a_wanted_lift_has_its_chance_and_the_share_that_it_takes(stores: Stores) -> None:
    found = asked(stores, "?lift=0.2&control_share=0.1")
    plan = Plan(50_000, 0.1, 0.02, limits(10, 10)[-1])
    told = found["overall"]["asked"]
    assert told["power"] == pytest.approx(power(plan, 0.004), abs=1e-6)
    assert told["effect"] == 0.004 and told["control_share"] == share_for(plan, 0.004)
    most, moderately, least = found["by_bucket"]
    assert most["asked"]["effect"] == 0.024 and moderately["users"] == 15_000
    assert least["smallest_effect"] is None and "nothing to measure" in least["sentence"]


def test_to_minimise_a_fall_is_looked_for(stores: Stores) -> None:
    unwanted = terms()
    object.__setattr__(unwanted, "direction", "minimize")
    found = asked(stores, terms=unwanted)
    assert found["overall"]["smallest_effect"] < 0 and found["overall"]["smallest_lift"] < 0
    assert "(-" in found["overall"]["sentence"]


def test_a_rolling_goals_windows_are_looked_at_once() -> None:
    rolling = terms()
    for name, value in (("ends_on", None), ("rolling_days", 7)):
        object.__setattr__(rolling, name, value)
    found = power_of_forecast(1_000.0, 50_000, rolling)
    least = smallest_effect(Plan(50_000, 0.05, 0.02, Z95))
    assert found["smallest_effect"] == pytest.approx(least, abs=1e-6)
    assert found["control_share"] == 0.05


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("lift=much", "lift must be a number"),
        ("lift=nan", "lift must be from -1 to 100"),
        ("lift=-1.5", "lift must be from -1 to 100"),
        ("control_share=0.5", "control_share must be from 0.01 to 0.2"),
    ],
)
def test_what_cannot_be_asked_is_refused(stores: Stores, query: str, says: str) -> None:
    made = save(stores, a_goal(forecast=FORECAST))
    answer = ask("GET", f"/v1/goals/{made.id}/power?{query}")
    assert answer.status == 422 and says in answer.json["detail"]


def test_without_a_forecast_there_is_no_rate_to_go_by(stores: Stores) -> None:
    made = save(stores, a_goal())
    assert ask("GET", f"/v1/goals/{made.id}/power").status == 409
