from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

from functions.api import handler as api_function
from intent_segments.api import answers
from intent_segments.goals.goal import Status
from intent_segments.settings import Access
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask, event
from tests.unit.store.stack import a_goal, save

BUYERS = {"did": {"event": "purchase", "within": {"days": 30}}}


def saved(name: str = "Buyers", definition: Any = BUYERS) -> str:
    made: str = ask("POST", "/v1/segments", {"name": name, "definition": definition}).json["id"]
    return made


def test_the_account_is_there_on_first_use_and_shows_no_salt(stores: Stores) -> None:
    answer = ask("GET", "/v1/account")
    answers.Account.model_validate(answer.json)
    assert answer.json["goal_limit"] == 5
    account = stores.account.find()
    assert account is not None and account.control_salt not in answer.text


def test_the_limit_of_goals_is_account_data(stores: Stores) -> None:
    assert ask("PATCH", "/v1/account", {"goal_limit": 7}).json["goal_limit"] == 7
    assert ask("PATCH", "/v1/account", {"goal_limit": 0}).status == 422
    assert ask("PATCH", "/v1/account", {}).status == 422
    assert ask("PATCH", "/v1/account", {"timezone": "UTC"}).status == 422


def test_a_segment_is_saved_once_for_a_key(stores: Stores) -> None:
    body, key = {"name": "Buyers", "definition": BUYERS}, {"idempotency-key": "k"}
    first, again = (ask("POST", "/v1/segments", body, key) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json and again.headers["Location"] == first.headers["Location"]
    assert len(ask("GET", "/v1/segments").json["data"]) == 2  # with the one that is built in
    other = ask("POST", "/v1/segments", body | {"name": "Others"}, key)
    assert (other.status, other.json["type"]) == (409, "/docs#problem-conflict")
    ask("DELETE", f"/v1/segments/{first.json['id']}")
    assert ask("POST", "/v1/segments", body, key).status == 404


def test_a_segment_is_saved_read_changed_and_deleted(stores: Stores) -> None:
    answer = ask("POST", "/v1/segments", {"name": "Buyers", "definition": BUYERS})
    assert (answer.status, answer.headers["Location"]) == (201, f"/v1/segments/{answer.json['id']}")
    answers.SegmentSaved.model_validate(answer.json)
    path = answer.headers["Location"]
    assert ask("GET", path).json["definition"] == BUYERS
    assert ask("PATCH", path, {"name": "New"}).json["name"] == "New"
    assert ask("DELETE", path).status == 204
    assert ask("GET", path).status == 404
    assert ask("DELETE", path).status == 404


def test_all_users_is_built_in_first_and_fixed(stores: Stores) -> None:
    made = saved()
    page = ask("GET", "/v1/segments").json
    answers.SegmentList.model_validate(page)
    assert [entry["id"] for entry in page["data"]] == ["all-users", made]
    assert ask("GET", "/v1/segments/all-users").json["definition"] == {"all": []}
    assert ask("DELETE", "/v1/segments/all-users").status == 409
    assert ask("PATCH", "/v1/segments/all-users", {"name": "x"}).status == 409


def test_segments_are_listed_page_by_page_without_a_gap(stores: Stores) -> None:
    made = ["all-users", *(saved(str(number)) for number in range(3))]
    seen: list[str] = []
    path = "/v1/segments?limit=1"
    while True:
        page = ask("GET", path).json
        seen += [entry["id"] for entry in page["data"]]
        if not page["has_more"]:
            break
        path = f"/v1/segments?limit=1&starting_after={seen[-1]}"
    assert seen[0] == "all-users"
    assert sorted(seen) == sorted(made)


def test_a_definition_outside_the_language_is_refused_with_its_path(stores: Stores) -> None:
    answer = ask("POST", "/v1/segments", {"name": "x", "definition": {"all": [{"dd": {}}]}})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"].startswith("definition.all[0]")


def test_an_event_nobody_did_is_a_warning(stores: Stores) -> None:
    definition = {"did_not": {"event": "purchse"}}
    made = ask("POST", "/v1/segments", {"name": "x", "definition": definition})
    assert made.status == 201
    assert "Did you mean 'purchase'?" in made.json["warnings"][0]


def test_a_reference_to_an_unknown_segment_is_refused(stores: Stores) -> None:
    definition = {"not": {"segment": "seg_nope"}}
    answer = ask("POST", "/v1/segments", {"name": "x", "definition": definition})
    assert (answer.status, "seg_nope" in answer.json["detail"]) == (422, True)


def test_segments_cannot_refer_to_one_another_in_a_circle(stores: Stores) -> None:
    first = saved()
    second = saved("Second", {"all": [{"segment": first}]})
    answer = ask("PATCH", f"/v1/segments/{first}", {"definition": {"segment": second}})
    assert (answer.status, "circle" in answer.json["detail"]) == (422, True)


def test_a_segment_that_another_refers_to_stays(stores: Stores) -> None:
    first = saved()
    second = saved("Second", {"not": {"segment": first}})
    answer = ask("DELETE", f"/v1/segments/{first}")
    assert (answer.status, second in answer.json["detail"]) == (409, True)


def test_events_are_listed_most_frequent_first(stores: Stores) -> None:
    answer = ask("GET", "/v1/events").json
    answers.EventList.model_validate(answer)
    assert [entry["event"] for entry in answer["data"]] == ["App Launched", "purchase"]
    (amount,) = answer["data"][1]["properties"]
    assert (amount["property"], amount["kinds"]) == ("amount", {"number": 10})


def test_a_segment_says_who_made_it_and_who_changed_it(stores: Stores) -> None:
    def asked(method: str, path: str, body: Any, known_by: str, **identity: Any) -> Any:
        sent = event(method, path, body)
        sent["requestContext"]["authorizer"] = identity
        with patch.object(api_function.api, "access", Access(known_by, "roles")):
            return json.loads(api_function.handler(sent, None)["body"])

    arn = "arn:aws:iam::123456789012:user/ann"
    body = {"name": "Buyers", "definition": BUYERS}
    made = asked("POST", "/v1/segments", body, "AWS_IAM", iam={"userArn": arn})
    path = f"/v1/segments/{made['id']}"
    assert (made["created_by"], made["updated_by"]) == (arn, arn)
    claims = {"sub": "42", "email": "bob@example.org", "roles": "marketer"}
    changed = asked("PATCH", path, {"name": "New"}, "JWT", jwt={"claims": claims})
    assert (changed["created_by"], changed["updated_by"]) == (arn, "bob@example.org")
    del claims["email"]
    changed = asked("PATCH", path, {"name": "Newer"}, "JWT", jwt={"claims": claims})
    assert changed["updated_by"] == "42"
    assert asked("PATCH", path, {"name": "Newest"}, "NONE")["updated_by"] is None


def test_a_segment_lists_the_goals_at_work_on_it(stores: Stores) -> None:
    save(stores, a_goal("goal_1"))
    save(stores, a_goal("goal_2"))
    stores.goals.step("goal_2", Status.ARCHIVED)
    segment = saved()
    listed = {entry["id"]: entry["goals"] for entry in ask("GET", "/v1/segments").json["data"]}
    assert listed == {"all-users": ["goal_1"], segment: []}
    assert ask("GET", "/v1/segments/all-users").json["goals"] == ["goal_1"]
