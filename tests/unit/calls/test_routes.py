"""The tracking API and its write keys over HTTP."""

from __future__ import annotations

import base64
import json

import pytest

from functions.api import handler as api_function
from functions.calls import handler as calls_function
from intent_segments.calls.packing import unpack
from tests.unit.api.requests import ask

BODIES = {
    "track": {"userId": "u", "event": "A"},
    "identify": {"userId": "u", "traits": {"plan": "plus"}},
    "page": {"userId": "u", "name": "Home"},
    "screen": {"userId": "u", "name": "Home"},
    "group": {"userId": "u", "groupId": "g"},
    "alias": {"userId": "u", "previousId": "a"},
    "batch": {"batch": [{"type": "track", "userId": "u", "event": "A"}]},
}


@pytest.fixture
def key(tracking):
    """The functions connect to the fixture's stack, as fresh containers would."""
    for function in (api_function, calls_function):
        function.api.stores = None
    return tracking.key


def rows(tracking):
    text = b"".join(unpack(message["body"]) for message in tracking.messages())
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", BODIES)
def test_a_call_is_taken_on_its_long_path_and_on_the_short_one_of_browsers(tracking, key, name):
    for path in (f"/v1/{name}", f"/v1/{name[0]}"):
        answer = ask("POST", path, BODIES[name] | {"writeKey": key})
        assert (answer.status, answer.json) == (200, {"success": True})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert len(rows(tracking)) == 2


def test_basic_authorization_carries_the_key(tracking, key):
    header = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    answer = ask("POST", "/v1/track", BODIES["track"], {"authorization": header})
    assert answer.status == 200
    refused = ask("POST", "/v1/track", BODIES["track"])
    assert (refused.status, refused.json["type"]) == (401, "/docs#problem-not-signed-in")


def test_a_batch_may_have_500_kilobytes_and_no_more(tracking, key):
    call = {"type": "track", "userId": "u", "event": "A", "properties": {"text": "x" * 9_000}}
    batch = {"batch": [call | {"messageId": str(n)} for n in range(54)], "writeKey": key}
    assert 490_000 < len(json.dumps(batch)) < 500 * 1024
    assert ask("POST", "/v1/batch", batch).status == 200
    assert len(rows(tracking)) == 54
    answer = ask("POST", "/v1/batch", batch | {"more": "x" * 30_000})
    assert answer.status == 413
    assert answer.json["detail"].endswith("Send several requests.")


def test_a_key_is_made_shown_once_listed_and_revoked(tracking, key):
    made = ask("POST", "/v1/write-keys", {"name": "shop"})
    assert made.status == 201
    secret = made.json["write_key"]
    listed = ask("GET", "/v1/write-keys").json["data"]
    assert {k["name"] for k in listed} == {"web", "shop"}
    assert not [k for k in listed if "write_key" in k or "sha256" in k]
    assert ask("POST", "/v1/track", BODIES["track"] | {"writeKey": secret}).status == 200
    assert ask("DELETE", f"/v1/write-keys/{made.json['id']}").status == 204
    assert ask("DELETE", f"/v1/write-keys/{made.json['id']}").status == 404
    assert ask("POST", "/v1/write-keys", {"name": ""}).status == 422
