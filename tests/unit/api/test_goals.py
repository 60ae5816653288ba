from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.goals.goal import Status
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.goals import scored_action
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.store.stack import FORECAST, NOW, empty_stack, terms, work

GOAL = {
    "name": "Sell more",
    "segment_id": "all-users",
    "events": ["purchase"],
    "ends_on": "2026-11-30",
}


def active(stores: Stores) -> str:
    """Create a goal over HTTP and run its set-up; returns its id."""
    goal_id: str = ask("POST", "/v1/goals", GOAL).json["id"]
    plan_run(stores, RunRequest("goal_setup", goal_id), NOW)
    work(stores, f"setup-{goal_id}")
    record_progress(stores, {"run_id": f"setup-{goal_id}"}, NOW)
    return goal_id


def test_a_new_goal_is_accepted_and_says_where_it_is(stores: Stores) -> None:
    answer = ask("POST", "/v1/goals", GOAL)
    goal = answer.json
    assert (answer.status, answer.headers["Location"]) == (202, f"/v1/goals/{goal['id']}")
    assert (goal["status"], goal["as_of"], goal["starts_on"]) == (
        "preparing",
        "2026-11-20",
        "2026-11-21",
    )
    answers.Goal.model_validate(goal)
    assert ask("GET", f"/v1/goals/{goal['id']}").json == goal
    assert ask("GET", "/v1/account").json["active_goals"] == 1


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"events": ["purchse"]}, "events[0]", "Did you mean 'purchase'?"),
        (
            {"events": [{"event": "purchase", "where": [{"property": "amonut", "gte": 5}]}]},
            "events[0].where[0].property",
            "Did you mean 'amount'?",
        ),
        (
            {"events": [{"event": "purchase", "where": [{"property": "amount", "gte": None}]}]},
            "events[0].where[0].gte",
            "null is not a value",
        ),
        ({"events": [None]}, "events[0]", "an event is a name or"),
        ({"ends_on": "2026-11-20"}, "ends_on", "is in the past: the last closed day is"),
        ({"ends_on": "2028-01-01"}, "ends_on", "at most 365"),
        ({"ends_on": "next week"}, "ends_on", "next week"),
        ({"segment_id": "seg_nope"}, "segment_id", "There is no segment 'seg_nope'"),
        ({"segment_id": None}, "segment_id", "Give either segment_id"),
        ({"definition": {"all": []}}, "segment_id", "Give either segment_id"),
        ({"forecast_id": "fc_1"}, "", "leave out forecast_id"),
        ({"direction": "up"}, "direction", "maximize"),
        ({"control_share": 0.5}, "control_share", "0.01 to 0.2"),
        ({"control_share": True}, "control_share", "number"),
        ({"rolling_days": 7}, "rolling_days", "exclude one another"),
        ({"rolling_days": 100, "ends_on": None}, "rolling_days", "1 to 90"),
        ({"rolling_days": "7", "ends_on": None}, "rolling_days", "valid integer"),
        ({"ends_on": None}, "ends_on", "rolling_days instead"),
        ({"target": {"metric": "users", "value": 0}}, "target.value", "greater than"),
        ({"buckets": {"by": "rank"}}, "buckets.by", '"rank" is not known; buckets must be one of'),
        (
            {"buckets": {"by": "likelihood", "most": 50, "moderate": 0.2}},
            "buckets.most",
            "between 0 and 1, both excluded, with at most 6 decimals; got 50",
        ),
        ({"end_on": "2026-11-30"}, "end_on", "did you mean ends_on?"),
        ({"name": " "}, "name", "at least 1 character"),
    ],
)
def test_a_bad_goal_is_refused_with_field_and_remedy(
    stores: Stores, changes: dict[str, Any], field: str, says: str
) -> None:
    answer = ask("POST", "/v1/goals", GOAL | changes)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    [error] = answer.json["errors"]
    assert error["field"] == field
    assert says in error["message"]
    account = stores.account.find()
    assert account is None or account.active_goals == 0


def test_a_goal_on_filtered_events_comes_back_as_it_was_asked(stores: Stores) -> None:
    events = ["purchase", {"event": "purchase", "where": [{"property": "amount", "gte": 50}]}]
    goal = ask("POST", "/v1/goals", GOAL | {"events": events, "match": "all"}).json
    answers.Goal.model_validate(goal)
    assert goal["events"] == events
    assert ask("GET", f"/v1/goals/{goal['id']}").json["events"] == events


def test_a_filtered_goal_draws_a_control_group_of_its_own(stores: Stores) -> None:
    """Goals on the same events share their control group, however the filter is written."""
    salts = []
    for amount in (50, 50.0, 80):
        event = {"event": "purchase", "where": [{"property": "amount", "gte": amount}]}
        goal_id = ask("POST", "/v1/goals", GOAL | {"events": [event]}).json["id"]
        event = plan_run(stores, RunRequest("goal_setup", goal_id), NOW)
        plan = stores.objects.get_json(event["plan_key"])
        salts.append(plan["goals"][0]["control_salt"])
    assert salts[0] == salts[1] != salts[2]


def test_the_sixth_goal_is_refused_with_the_remedy(stores: Stores) -> None:
    for _ in range(5):
        assert ask("POST", "/v1/goals", GOAL).status == 202
    answer = ask("POST", "/v1/goals", GOAL)
    assert (answer.status, answer.json["type"]) == (409, "/docs#problem-limit-reached")
    assert "archive" in answer.json["detail"]


def test_archiving_frees_the_place_for_another_goal_once(stores: Stores) -> None:
    ids = [ask("POST", "/v1/goals", GOAL).json["id"] for _ in range(5)]
    for _ in range(2):
        assert ask("POST", f"/v1/goals/{ids[0]}/archive").json["status"] == "archived"
    assert ask("POST", "/v1/goals", GOAL).status == 202
    assert ask("POST", "/v1/goals", GOAL).status == 409


def test_the_same_idempotency_key_gives_the_same_goal(stores: Stores) -> None:
    key = {"idempotency-key": "abc"}
    first = ask("POST", "/v1/goals", GOAL, key)
    again = ask("POST", "/v1/goals", GOAL, key)
    assert first.json == again.json
    other = ask("POST", "/v1/goals", GOAL | {"name": "Other"}, key)
    assert (other.status, "another request" in other.json["detail"]) == (409, True)


def test_a_goal_from_a_forecast_keeps_its_day_members_and_number(stores: Stores) -> None:
    document = {"id": "fc_1", **terms().to_json(), **FORECAST, "manifest_key": "manifests/0.json"}
    stores.forecasts.put(document, datetime.now(UTC))
    answer = ask("POST", "/v1/goals", {"name": "From a forecast", "forecast_id": "fc_1"})
    assert answer.status == 202
    goal = answer.json
    assert (goal["as_of"], goal["forecast"]["value"]) == ("2026-11-20", 4.0)
    assert stores.goals.get(goal["id"]).manifest_key == "manifests/0.json"
    assert "manifest_key" not in answer.text
    answers.Goal.model_validate(goal)


def test_an_expired_forecast_is_named_with_the_remedy(stores: Stores) -> None:
    answer = ask("POST", "/v1/goals", {"name": "x", "forecast_id": "fc_9"})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == "forecast_id"
    assert "POST /v1/forecasts" in answer.json["detail"]


def test_a_goal_before_anything_was_loaded_names_the_remedy() -> None:
    from functions.api import handler

    with empty_stack():
        handler.api.stores = None
        answer = ask("POST", "/v1/goals", GOAL)
    assert (answer.status, "intent load" in answer.json["detail"]) == (409, True)


def test_a_goal_on_a_saved_segment_keeps_a_copy_of_what_it_said_then(stores: Stores) -> None:
    inner = ask("POST", "/v1/segments", {"name": "Buyers", "definition": bought(30)}).json["id"]
    outer = {"all": [{"segment": inner}, {"segment": "all-users"}]}
    goal = ask("POST", "/v1/goals", {**GOAL, "segment_id": None, "definition": outer}).json
    ask("PATCH", f"/v1/segments/{inner}", {"definition": bought(7)})
    assert ask("GET", f"/v1/goals/{goal['id']}").json["definition"] == {
        "all": [bought(30), {"all": []}]
    }


def bought(days: int) -> dict[str, Any]:
    return {"did": {"event": "purchase", "within": {"days": days}}}


def test_a_goal_can_be_renamed_and_nothing_else(stores: Stores) -> None:
    goal_id = ask("POST", "/v1/goals", GOAL).json["id"]
    assert ask("PATCH", f"/v1/goals/{goal_id}", {"name": "New"}).json["name"] == "New"
    assert ask("PATCH", f"/v1/goals/{goal_id}", {"ends_on": "2026-12-31"}).status == 422


def test_goals_are_listed_page_by_page(stores: Stores) -> None:
    made = [ask("POST", "/v1/goals", GOAL).json["id"] for _ in range(3)]
    first = ask("GET", "/v1/goals?limit=2").json
    rest = ask("GET", f"/v1/goals?limit=2&starting_after={first['data'][-1]['id']}").json
    answers.GoalList.model_validate(first)
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert sorted(goal["id"] for goal in first["data"] + rest["data"]) == sorted(made)


def test_progress_and_buckets_have_their_published_shape(stores: Stores) -> None:
    goal_id = active(stores)
    plan = plan_run(stores, RunRequest.from_event({"kind": "night", "date": "2026-11-21"}), NOW)
    work(stores, plan["run_id"], did=1)
    record_progress(stores, plan, NOW)
    progress = ask("GET", f"/v1/goals/{goal_id}/progress")
    buckets = ask("GET", f"/v1/goals/{goal_id}/buckets")
    answers.Progress.model_validate(progress.json)
    answers.Buckets.model_validate(buckets.json)
    assert [day["date"] for day in progress.json["days"]] == ["2026-11-21"]
    assert buckets.json["buckets"][0]["day0"] == {"users": 6, "did": 2, "rate": 0.333333}
    goal = ask("GET", f"/v1/goals/{goal_id}").json
    answers.Goal.model_validate(goal)
    assert (goal["users"], goal["last_night"]) == (8, "2026-11-21")
    runs = ask("GET", "/v1/runs").json
    answers.RunList.model_validate(runs)
    assert [run["status"] for run in runs["data"]] == ["published", "published"]


def test_the_evaluation_shows_how_every_day_0_bucket_really_did(stores: Stores) -> None:
    goal_id = active(stores)
    plan = plan_run(stores, RunRequest.from_event({"kind": "night", "date": "2026-11-21"}), NOW)
    work(stores, plan["run_id"], did=1)
    record_progress(stores, plan, NOW)
    found = ask("GET", f"/v1/goals/{goal_id}/evaluation").json
    answers.GoalEvaluation.model_validate(found)
    assert (found["date"], found["finished"], found["users"], found["did"]) == (
        "2026-11-21",
        False,
        8,
        2,
    )
    assert found["predicted"] == {"value": 1.0, "low80": 0.0, "high80": 2.0}
    most, moderately, least = found["buckets"]
    assert (most["bucket"], most["users"], most["did"], most["rate"], most["lift"]) == (
        "most_likely",
        6,
        2,
        0.333333,
        1.3333,
    )
    assert (most["low95"], most["high95"]) == pytest.approx((0.0968, 0.7000), abs=1e-4)
    assert moderately["rate"] is None and moderately["low95"] is None
    assert least["by_arm"]["control"]["users"] == 2


def test_on_day_0_nobody_has_done_it_and_the_evaluation_says_so(stores: Stores) -> None:
    found = ask("GET", f"/v1/goals/{active(stores)}/evaluation").json
    answers.GoalEvaluation.model_validate(found)
    assert (found["date"], found["predicted"]) == ("2026-11-20", None)
    assert [bucket["did"] for bucket in found["buckets"]] == [0, 0, 0]


def test_a_goal_from_before_drivers_were_kept_names_the_remedy(stores: Stores) -> None:
    answer = ask("GET", f"/v1/goals/{active(stores)}/drivers")
    assert (answer.status, "archive it" in answer.json["detail"]) == (409, True)


def test_a_model_from_before_signals_were_kept_names_the_remedy(stores: Stores) -> None:
    goal = stores.goals.get(active(stores))
    assert goal.scores is not None
    model = {"key": "m.joblib", "version": "m", "drivers": "models/m/drivers.json"}
    stores.objects.put_json("models/m/drivers.json", {"as_of": "2026-11-20", "drivers": []})
    stores.table.transact([scored_action(goal, goal.scores.to_json(), model)])
    answer = ask("GET", f"/v1/goals/{goal.id}/signals")
    assert (answer.status, "next training" in answer.json["detail"]) == (409, True)
    assert ask("GET", "/v1/signals").json == {"data": [], "has_more": False}


def test_the_catalogue_lists_signals_of_all_goals_by_what_they_are_worth(stores: Stores) -> None:
    goal = stores.goals.get(active(stores))
    assert goal.scores is not None
    signals = [
        _source("event", "Open", 0.2),
        _source("trait", "city", 0.3),
        _source("trait", "email", None, "personal"),
    ]
    model = {"key": "m.joblib", "version": "m", "drivers": "models/m/drivers.json"}
    document = {"as_of": "2026-11-20", "drivers": [], "signals": signals}
    stores.objects.put_json("models/m/drivers.json", document)
    stores.table.transact([scored_action(goal, goal.scores.to_json(), model)])
    found = answers.SourceList.model_validate(ask("GET", "/v1/signals").json)
    assert [entry.id for entry in found.data] == ["trait:city", "event:Open", "trait:email"]
    [use] = found.data[2].models
    assert (use.goal_id, use.left_out, use.signals) == (goal.id, "personal", [])
    of_goal = ask("GET", f"/v1/goals/{goal.id}/signals").json
    assert answers.GoalSignals.model_validate(of_goal).signals[0].importance == 0.2
    behind = ask("GET", "/v1/signals?limit=1&starting_after=trait:city").json
    assert ([entry["name"] for entry in behind["data"]], behind["has_more"]) == (["Open"], True)
    assert [e["name"] for e in ask("GET", "/v1/signals?q=E").json["data"]] == ["email"]
    assert ask("GET", "/v1/signals?starting_after=nothing").status == 422


def _source(kind: str, name: str, importance: float | None, left_out: str | None = None) -> Any:
    signals = [] if left_out else [f"{name}: days since last"]
    return {
        "kind": kind,
        "name": name,
        "signals": signals,
        "left_out": left_out,
        "importance": importance,
    }


@pytest.mark.parametrize("view", ["progress", "buckets", "evaluation", "drivers", "signals"])
def test_a_goal_still_preparing_has_nothing_to_show_yet(stores: Stores, view: str) -> None:
    goal_id = ask("POST", "/v1/goals", GOAL).json["id"]
    answer = ask("GET", f"/v1/goals/{goal_id}/{view}")
    assert (answer.status, "preparing" in answer.json["detail"]) == (409, True)


def test_a_set_up_that_could_not_start_holds_no_place(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("GET", "/v1/account")

    def fail(*_: object) -> None:
        raise RuntimeError("the bus is down")

    monkeypatch.setattr(type(stores.bus), "goal_created", fail)
    answer = ask("POST", "/v1/goals", GOAL)
    assert (answer.status, "the bus is down" in answer.text) == (500, False)
    assert ask("GET", "/v1/account").json["active_goals"] == 0
    assert [goal["status"] for goal in ask("GET", "/v1/goals").json["data"]] == [Status.FAILED]
