"""A goal's life over HTTP: what is shown of it, archiving, what has no place, live segments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.forecast import handler as forecast_function
from intent_segments.api import answers
from intent_segments.goals.goal import Status
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask
from tests.unit.api.test_goals import GOAL, active
from tests.unit.store.stack import FORECAST, terms


def saved(**changes: Any) -> str:
    goal_id: str = ask("POST", "/v1/goals", GOAL | changes).json["id"]
    return goal_id


def test_a_goal_shows_its_place_and_the_days_that_are_left(stores: Stores) -> None:
    first = saved()
    second = saved(ends_on=None, rolling_days=7)
    dated, rolling = (ask("GET", f"/v1/goals/{g}").json for g in (first, second))
    assert dated["days_left"] == 10 and rolling["days_left"] is None
    assert dated["places"] == {"held": True, "used": 2, "limit": 5}
    assert dated["status_reason"] is None and dated["cloned_from"] is None
    ask("POST", f"/v1/goals/{first}/archive")
    archived, other = ask("GET", f"/v1/goals/{first}").json, ask("GET", "/v1/goals").json["data"][0]
    answers.Goal.model_validate(archived)
    assert archived["places"] == {"held": False, "used": 1, "limit": 5}
    assert archived["days_left"] is None
    assert (other["id"], other["places"]) == (second, {"held": True, "used": 1, "limit": 5})


def test_archiving_keeps_the_reason_and_everything_that_was_published(stores: Stores) -> None:
    goal_id = active(stores)
    views = ("progress", "buckets", "evaluation", "report")
    before = {view: ask("GET", f"/v1/goals/{goal_id}/{view}").json for view in views}
    archived = ask("POST", f"/v1/goals/{goal_id}/archive").json
    assert archived["status_reason"] == "Archived by its owner; it was active."
    for view, document in before.items():
        after = ask("GET", f"/v1/goals/{goal_id}/{view}")
        assert after.status == 200
        same = document.keys() - {"status", "status_reason", "summary"}
        assert {key: after.json[key] for key in same} == {key: document[key] for key in same}
    assert ask("PATCH", f"/v1/goals/{goal_id}", {"name": "Old"}).json["name"] == "Old"


def test_an_archived_goal_that_needed_data_still_says_what_it_needed(stores: Stores) -> None:
    goal_id = saved()
    stores.goals.step(goal_id, Status.NEEDS_DATA, "Load 30 days more.")
    archived = ask("POST", f"/v1/goals/{goal_id}/archive").json
    assert archived["status_reason"] == (
        "Archived by its owner; it was needs_data. Load 30 days more."
    )
    assert ask("POST", f"/v1/goals/{goal_id}/archive").json == archived
    answer = ask("GET", f"/v1/goals/{goal_id}/report")
    assert (answer.status, "this one never was" in answer.json["detail"]) == (409, True)


def test_a_goal_is_never_deleted_and_the_answer_says_what_to_do(stores: Stores) -> None:
    goal_id = saved()
    answer = ask("DELETE", f"/v1/goals/{goal_id}")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PATCH")
    assert f"POST /v1/goals/{goal_id}/archive" in answer.json["detail"]
    assert ask("GET", f"/v1/goals/{goal_id}").status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "archive"), ("POST", "clone"), ("GET", "report"), ("GET", "progress")],
)
def test_a_goal_that_does_not_exist_is_404(stores: Stores, method: str, path: str) -> None:
    assert ask(method, f"/v1/goals/goal_nope/{path}").status == 404


def test_a_forecast_older_than_a_day_is_gone_with_the_remedy(stores: Stores) -> None:
    """DynamoDB may still have it."""
    document = {"id": "fc_1", **terms().to_json(), **FORECAST, "manifest_key": "manifests/0.json"}
    stores.forecasts.put(document, datetime.now(UTC) - timedelta(hours=24, seconds=1))
    answer = ask("POST", "/v1/goals", {"name": "Too late", "forecast_id": "fc_1"})
    assert (answer.status, answer.json["type"]) == (410, "/docs#problem-expired")
    assert "24 hours" in answer.json["detail"] and "POST /v1/forecasts" in answer.json["detail"]
    account = stores.account.find()
    assert account is not None and account.active_goals == 0


LIVE = {"type": "live", "did": {"event": "purchase"}}


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (LIVE, "definition.type"),
        ({"all": [{"all": []}, {"not": LIVE}]}, "definition.all[1].not.type"),
        ({"type": "live"}, "definition.type"),
    ],
)
def test_a_live_segment_is_refused_with_the_reason_and_the_remedy(
    stores: Stores, definition: Any, path: str
) -> None:
    for url, function in (("/v1/goals", None), ("/v1/forecasts", forecast_function)):
        body = GOAL | {"segment_id": None, "definition": definition}
        if function is not None:
            body.pop("name")
        answer = ask("POST", url, body, function=function)
        [error] = answer.json["errors"]
        assert (answer.status, error["field"]) == (422, path)
        assert "past days are what a goal learns from" in error["message"]
        assert '"within": {"days": 7}' in error["message"]
    if "did" in str(definition):
        assert '{"did": {"event": "purchase"' in error["message"]


def test_what_else_is_wrong_with_a_definition_is_for_the_language_to_say(stores: Stores) -> None:
    body = GOAL | {"segment_id": None, "definition": {"type": "past_behavior", "all": []}}
    answer = ask("POST", "/v1/goals", body)
    assert answer.status == 422 and "live" not in answer.json["detail"]
