"""Plan, AI pack and limits are data of the account."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.api import answers
from intent_segments.store.account import AccountStore
from intent_segments.store.stores import Stores
from intent_segments.store.table import Action
from tests.unit.api.requests import ask
from tests.unit.api.test_goals import GOAL, active


def change(**changes: Any) -> Any:
    return ask("PATCH", "/v1/account", changes).json


def test_everything_is_open_from_the_start(stores: Stores) -> None:
    account = ask("GET", "/v1/account").json
    answers.Account.model_validate(account)
    assert (account["plan"], account["ai_pack"], account["goal_limit"]) == ("enterprise", True, 5)
    assert (account["timezone"], account["active_goals"]) == ("UTC", 0)


@pytest.mark.parametrize("plan", ["growth", "advanced", "enterprise"])
def test_a_plan_is_kept_and_closes_nothing_by_itself(stores: Stores, plan: str) -> None:
    assert change(plan=plan)["plan"] == plan
    assert ask("GET", "/v1/account").json["plan"] == plan
    assert ask("GET", f"/v1/goals/{active(stores)}/buckets").status == 200


def test_an_account_from_before_plans_had_names_is_open(stores: Stores) -> None:
    ask("GET", "/v1/account")
    old = {"plan": "standard", "timezone": "UTC", "goal_limit": 5, "active_goals": 0}
    stores.table.apply(Action("ACCOUNT", "SETTINGS", put=old | {"control_salt": "s"}))
    account = ask("GET", "/v1/account").json
    assert (account["plan"], account["ai_pack"]) == ("enterprise", True)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"plan": "standard"}, "plan", "'growth', 'advanced' or 'enterprise'"),
        ({"ai_pack": "yes"}, "ai_pack", "boolean"),
        ({"ai_pack": 1}, "ai_pack", "boolean"),
        ({"goal_limit": 0}, "goal_limit", "1 to 50, not 0"),
        ({"goal_limit": 51}, "goal_limit", "1 to 50, not 51"),
        ({"goal_limit": 2.5}, "goal_limit", "integer"),
        ({"timezone": "Europe/Berlin"}, "timezone", "since the stack was deployed"),
        ({"timezone": "UTC", "ai_pack": False}, "timezone", "deploy a new stack"),
        ({"goal_limits": 3}, "goal_limits", "did you mean goal_limit?"),
    ],
)
def test_a_setting_that_breaks_a_rule_is_refused_and_changes_nothing(
    stores: Stores, changes: dict[str, Any], field: str, says: str
) -> None:
    before = ask("GET", "/v1/account").json
    answer = ask("PATCH", "/v1/account", changes)
    [error] = answer.json["errors"]
    assert (answer.status, error["field"]) == (422, field)
    assert says in error["message"]
    assert ask("GET", "/v1/account").json == before


def test_a_limit_below_the_goals_at_work_keeps_them_and_refuses_new_ones(stores: Stores) -> None:
    ids = [ask("POST", "/v1/goals", GOAL).json["id"] for _ in range(3)]
    assert change(goal_limit=2) | {"channels": None} == {
        "timezone": "UTC",
        "plan": "enterprise",
        "ai_pack": True,
        "goal_limit": 2,
        "active_goals": 3,
        "holdout_share": 0,
        "holdout_since": None,
        "channels": None,
    }
    refused = ask("POST", "/v1/goals", GOAL)
    assert refused.status == 409
    assert "has 3 goals at work and may have 2" in refused.json["detail"]
    assert [ask("GET", f"/v1/goals/{g}").json["status"] for g in ids] == ["preparing"] * 3
    ask("POST", f"/v1/goals/{ids[0]}/archive")
    assert ask("POST", "/v1/goals", GOAL).status == 409
    ask("POST", f"/v1/goals/{ids[1]}/archive")
    assert ask("POST", "/v1/goals", GOAL).status == 202


def buckets_of(goal_id: str) -> list[tuple[str, str, Any]]:
    """Everything that opens buckets: (method, path, body)."""
    asked = {"bucket": {"goal": goal_id, "in": ["most_likely"]}}
    likely = {"all": [{"likelihood": {"goal": goal_id, "gte": 0.5}}]}
    return [
        ("GET", f"/v1/goals/{goal_id}/buckets", None),
        ("GET", f"/v1/goals/{goal_id}/buckets/most_likely/users", None),
        ("GET", "/v1/users/ann/intents", None),
        ("POST", "/v1/segments", {"name": "Likely", "definition": asked}),
        ("POST", "/v1/previews", {"definition": asked}),
        ("POST", "/v1/previews", {"definition": likely}),
    ]


def test_without_the_ai_pack_buckets_are_closed_with_the_remedy(stores: Stores) -> None:
    goal_id = active(stores)
    change(ai_pack=False)
    for method, path, body in buckets_of(goal_id):
        answer = ask(method, path, body)
        assert (answer.status, answer.json["type"]) == (403, "/docs#problem-not-included"), path
        assert 'PATCH /v1/account {"ai_pack": true}' in answer.json["detail"]


def test_without_the_ai_pack_everything_else_goes_on(stores: Stores) -> None:
    goal_id = active(stores)
    change(ai_pack=False)
    for view in ("progress", "evaluation", "report"):
        assert ask("GET", f"/v1/goals/{goal_id}/{view}").status == 200
    assert ask("POST", "/v1/goals", GOAL).status == 202
    plain = {"did": {"event": "purchase"}}
    assert ask("POST", "/v1/segments", {"name": "x", "definition": plain}).status == 201


def test_switched_on_again_the_buckets_are_there(stores: Stores) -> None:
    goal_id = active(stores)
    change(ai_pack=False)
    assert change(ai_pack=True)["ai_pack"] is True
    assert ask("GET", f"/v1/goals/{goal_id}/buckets").status == 200


def test_a_holdout_is_switched_on_kept_and_switched_off(stores: Stores) -> None:
    assert ask("GET", "/v1/account/holdout").json["note"].startswith("Nobody is held out.")
    assert change(holdout_share=0.05)["holdout_share"] == 0.05
    assert change(holdout_share=0.05, goal_limit=7)["goal_limit"] == 7
    refused = ask("PATCH", "/v1/account", {"holdout_share": 0.1})
    assert refused.status == 409 and "keeps its share" in refused.text
    for wrong in (0.5, True, False, "0"):
        assert ask("PATCH", "/v1/account", {"holdout_share": wrong}).status == 422
    goal_id = ask("POST", "/v1/goals", GOAL).json["id"]
    found = ask("GET", "/v1/account/holdout").json
    answers.HoldoutReport.model_validate(found)
    assert (found["share"], found["goals"], goal_id in found["waiting"]) == (0.05, [], False)
    assert change(holdout_share=0)["holdout_since"] is None


def test_of_two_who_switch_the_holdout_on_at_once_one_is_told_to_try_again(
    stores: Stores,
) -> None:
    ask("GET", "/v1/account")
    read = stores.account.find()
    assert read is not None
    with patch.object(AccountStore, "get_or_create", lambda *_: read):
        assert change(holdout_share=0.05)["holdout_share"] == 0.05
        for share in (0, 0.1):
            later = ask("PATCH", "/v1/account", {"holdout_share": share})
            assert later.status == 503, later.text
    assert ask("GET", "/v1/account").json["holdout_share"] == 0.05
