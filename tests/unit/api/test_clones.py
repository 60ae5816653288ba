"""POST /v1/goals/{id}/clone: the same question about the days to come."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.api import answers
from intent_segments.goals.goal import Status
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.api.test_goals import GOAL, bought
from tests.unit.store.stack import load, terms

FULL = GOAL | {
    "direction": "minimize",
    "events": ["purchase", "App Launched"],
    "match": "all",
    "target": {"metric": "users", "value": 40},
    "buckets": {"by": "percentile", "most": 20, "moderate": 30},
    "control_share": 0.1,
}
ASKED = ("direction", "events", "match", "target", "bucket_policy", "control_share", "name")


def saved(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = ask("POST", "/v1/goals", FULL | changes).json
    return made


def cloned(goal_id: str, body: dict[str, Any] | None = None, key: str | None = None) -> Answer:
    headers = {} if key is None else {"idempotency-key": key}
    return ask("POST", f"/v1/goals/{goal_id}/clone", body, headers)


def a_week_later(stores: Stores) -> None:
    """Close seven more days, as loads do while no goal is at work."""
    for goal in stores.goals.at_work():
        stores.goals.archive(goal.id)
    load(stores, terms().as_of.replace(day=27))


def test_a_clone_asks_the_same_about_as_many_days_after_the_last_closed_one(stores: Stores) -> None:
    source = saved()
    a_week_later(stores)
    answer = cloned(source["id"])
    made = answer.json
    answers.Goal.model_validate(made)
    assert (answer.status, answer.headers["Location"]) == (202, f"/v1/goals/{made['id']}")
    assert {key: made[key] for key in ASKED} == {key: source[key] for key in ASKED}
    assert (made["as_of"], made["starts_on"], made["ends_on"]) == (
        "2026-11-27",
        "2026-11-28",
        "2026-12-07",
    )
    assert (made["cloned_from"], made["status"], made["forecast"]) == (
        source["id"],
        "preparing",
        None,
    )
    # Its members come from the lake as it is now.
    assert stores.goals.get(made["id"]).manifest_key == stores.head.read().manifest_key


def test_what_the_body_says_goes_over_the_old_goal(stores: Stores) -> None:
    source = saved()
    made = cloned(
        source["id"],
        {
            "name": "Again",
            "ends_on": "2026-12-24",
            "direction": "maximize",
            "events": ["App Launched"],
            "match": "any",
            "target": None,
            "buckets": {"by": "achievement"},
            "control_share": 0.2,
        },
    ).json
    assert (made["name"], made["ends_on"], made["direction"]) == ("Again", "2026-12-24", "maximize")
    assert (made["events"], made["match"], made["target"]) == (["App Launched"], "any", None)
    assert (made["bucket_policy"], made["control_share"]) == ({"by": "achievement"}, 0.2)


def test_a_rolling_goal_is_cloned_as_one_and_either_kind_can_become_the_other(
    stores: Stores,
) -> None:
    rolling = saved(ends_on=None, rolling_days=7)
    dated = saved()
    same = cloned(rolling["id"]).json
    assert (same["rolling_days"], same["ends_on"]) == (7, None)
    became = cloned(rolling["id"], {"ends_on": "2026-12-01"}).json
    assert (became["rolling_days"], became["ends_on"]) == (None, "2026-12-01")
    became = cloned(dated["id"], {"rolling_days": 14}).json
    assert (became["rolling_days"], became["ends_on"]) == (14, None)


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"ends_on": "2026-11-20"}, "ends_on", "is in the past"),
        ({"starts_on": "2026-12-24"}, "starts_on", "must be the day after as_of, 2026-11-21"),
        ({"as_of": "2026-12-24"}, "as_of", "not closed yet"),
        ({"events": ["purchse"]}, "events[0]", "Did you mean 'purchase'?"),
        ({"events": []}, "events", "1 to 20"),
        ({"control_share": 0.5}, "control_share", "0.01 to 0.2"),
        ({"segment": "newest"}, "segment", "'frozen' or 'current'"),
        ({"segment_id": "all-users"}, "segment_id", "not a known field"),
        ({"rolling_days": 7, "ends_on": "2026-12-01"}, "rolling_days", "exclude one another"),
    ],
)
def test_what_breaks_a_rule_is_refused_as_for_a_new_goal(
    stores: Stores, body: dict[str, Any], field: str, says: str
) -> None:
    source = saved()
    answer = cloned(source["id"], body)
    assert answer.status == 422
    [error] = answer.json["errors"]
    assert error["field"] == field and says in error["message"]
    assert ask("GET", "/v1/account").json["active_goals"] == 1


def test_a_start_that_is_past_takes_the_history_along(stores: Stores) -> None:
    source = saved()
    a_week_later(stores)
    made = cloned(source["id"], {"starts_on": "2026-11-25", "ends_on": "2026-12-10"}).json
    assert (made["as_of"], made["starts_on"]) == ("2026-11-24", "2026-11-25")


def test_the_definition_is_the_frozen_one_unless_the_current_one_is_asked_for(
    stores: Stores,
) -> None:
    segment = ask("POST", "/v1/segments", {"name": "Buyers", "definition": bought(30)}).json["id"]
    source = saved(segment_id=segment)
    ask("PATCH", f"/v1/segments/{segment}", {"definition": bought(7)})
    frozen = cloned(source["id"]).json
    current = cloned(source["id"], {"segment": "current"}).json
    assert (frozen["definition"], current["definition"]) == (bought(30), bought(7))
    assert frozen["segment_id"] == current["segment_id"] == segment
    ask("DELETE", f"/v1/segments/{segment}")
    assert cloned(source["id"]).json["definition"] == bought(30)
    answer = cloned(source["id"], {"segment": "current"})
    [error] = answer.json["errors"]
    assert (answer.status, error["field"]) == (422, "segment")
    assert f"no segment '{segment}'" in error["message"] and '"frozen"' in error["message"]


def test_a_definition_of_its_own_has_no_current_one(stores: Stores) -> None:
    source = saved(segment_id=None, definition=bought(30))
    answer = cloned(source["id"], {"segment": "current"})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "segment")
    assert "not on a saved segment" in answer.json["detail"]


def test_a_clone_takes_a_place_and_is_refused_when_none_is_free(stores: Stores) -> None:
    source = saved()
    for _ in range(4):
        assert cloned(source["id"]).status == 202
    answer = cloned(source["id"])
    assert (answer.status, answer.json["type"]) == (409, "/docs#problem-limit-reached")
    ask("POST", f"/v1/goals/{source['id']}/archive")
    assert cloned(source["id"]).status == 202


@pytest.mark.parametrize("status", [Status.NEEDS_DATA, Status.FAILED, Status.ARCHIVED])
def test_a_goal_can_be_cloned_in_every_state(stores: Stores, status: Status) -> None:
    source = saved()
    stores.goals.step(source["id"], status, "why")
    made = cloned(source["id"]).json
    assert (made["status"], made["status_reason"]) == ("preparing", None)


def test_the_same_key_gives_the_same_clone_and_no_other_goal(stores: Stores) -> None:
    source, other = saved(), saved()
    first = cloned(source["id"], {"name": "Once"}, "k").json
    assert cloned(source["id"], {"name": "Once"}, "k").json["id"] == first["id"]
    assert cloned(source["id"], {"name": "Twice"}, "k").status == 409
    assert cloned(other["id"], {"name": "Once"}, "k").status == 409
    assert ask("POST", "/v1/goals", FULL, {"idempotency-key": "k"}).status == 409
    assert ask("GET", "/v1/account").json["active_goals"] == 3
