"""A user is erased: asked for once or often, hidden at once, and named nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from functions.api import handler as api_function
from intent_segments.api import answers
from intent_segments.lake.layout import user_hash
from intent_segments.store import erasures as erasure_store
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import a_goal, loaded_stack, save, terms

ADA = "ada lovelace@mail.example"
STRANGE = ["auth0|a/b", "a?b#c", '"quoted"', "münchen 東京", "\u0000"]


@pytest.fixture(scope="module")
def stores() -> Iterator[Stores]:
    """One stack for all tests here: each erases users of its own."""
    with loaded_stack() as made:
        api_function.api.stores = None
        yield made


def erase(user_id: str) -> Answer:
    return ask("DELETE", f"/v1/users/{user_id}")


def test_a_request_is_taken_and_says_what_became_of_it(stores: Stores) -> None:
    asked = erase(ADA)
    made = asked.json
    answers.Erasure.model_validate(made)
    assert (asked.status, asked.headers["Location"]) == (202, f"/v1/erasures/{made['id']}")
    assert (made["status"], made["done_at"], made["removed"]) == ("pending", None, None)
    assert ask("GET", f"/v1/erasures/{made['id']}").json == made
    erase("another")
    listed = ask("GET", "/v1/erasures?limit=1").json
    answers.ErasureList.model_validate(listed)
    assert listed["has_more"] and listed["data"] != [made]
    assert ask("GET", "/v1/erasures/ers_unknown").status == 404


def test_asking_again_is_the_same_request(stores: Stores) -> None:
    before = stores.erasures.current().version
    first = erase("twice").json
    assert first == erase("twice").json == ask("POST", "/v1/erasures", {"user_id": "twice"}).json
    assert stores.erasures.current().version == before + 1
    assert user_hash("twice") in stores.erasures.suppressed()


def test_an_id_that_no_path_can_hold_goes_into_a_body(stores: Stores) -> None:
    for user_id in STRANGE:
        assert ask("POST", "/v1/erasures", {"user_id": user_id}).status == 202
    assert set(map(user_hash, STRANGE)) <= stores.erasures.suppressed()


def test_what_is_no_id_is_refused(stores: Stores) -> None:
    before = stores.erasures.current()
    for user_id in ("", "  ", 7, None):
        answer = ask("POST", "/v1/erasures", {"user_id": user_id})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "user_id"), user_id
    assert ask("POST", "/v1/erasures", {"user_id": "\ud800"}).status == 400
    assert stores.erasures.current() == before


def test_no_item_of_the_table_names_a_user(stores: Stores) -> None:
    erase(ADA)
    found = json.dumps(stores.table.client.scan(TableName="intent")["Items"])
    assert "ERASURE" in found
    assert ADA not in found and str(user_hash(ADA)) not in found


def test_two_requests_at_once_are_both_taken(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    current, others = type(stores.erasures).current, ["second"]

    def overtaken(store: erasure_store.ErasureStore) -> erasure_store.ErasedList:
        found = current(store)
        if others:
            erase(others.pop())
        return found

    monkeypatch.setattr(type(stores.erasures), "current", overtaken)
    assert erase("first").status == 202
    assert {user_hash("first"), user_hash("second")} <= stores.erasures.suppressed()
    assert erase("first").json["id"] != erase("second").json["id"]


def test_more_than_the_list_holds_is_refused_with_what_to_do(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = erase("the last one").json
    monkeypatch.setattr(erasure_store, "MOST_PENDING", len(stores.erasures.suppressed()))
    refused = erase("one too many")
    assert (refused.status, '{"kind": "erasure"}' in refused.json["detail"]) == (409, True)
    assert erase("the last one").json == taken


def test_definitions_are_shown_without_a_user_from_that_moment_on(stores: Stores) -> None:
    listed = {"any": [{"users": ["gone", "other"]}, {"not": {"all": [{"users": ["gone"]}]}}]}
    segment = ask("POST", "/v1/segments", {"name": "s", "definition": listed}).json
    save(stores, a_goal(terms=replace(terms(), definition=listed)))
    paths = (f"/v1/segments/{segment['id']}", "/v1/segments", "/v1/goals/goal_1", "/v1/goals")
    assert all('"gone"' in ask("GET", path).text for path in paths)
    erase("gone")
    shown = [ask("GET", path) for path in paths]
    assert not [answer for answer in shown if '"gone"' in answer.text]
    without = {"any": [{"users": ["other"]}, {"not": {"all": [{"users": []}]}}]}
    assert shown[0].json["definition"] == shown[2].json["definition"] == without
