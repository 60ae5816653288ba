"""Whatever is sent: never a 500, every call of a batch taken or refused by itself, and what was
taken gets into the lake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.calls import handler as calls_function
from intent_segments.calls.packing import unpack
from intent_segments.calls.spec import KINDS
from intent_segments.services.landing import land
from tests.unit.api.requests import ask

EXAMPLES = 40

TEXT = st.text(st.characters(codec=None), max_size=20)  # halves of surrogate pairs among them
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TIME = st.sampled_from(
    (
        "2026-10-31T12:00:00Z",
        "2026-10-31",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59+14:00",
        "now",
    )
)
ID = st.sampled_from(("u1", "u2", "", "\0", "x" * 1_025, 17, -1, True)) | VALUE
OBJECT = st.dictionaries(TEXT, VALUE, max_size=4) | VALUE
FIELDS: dict[str, Any] = {
    "type": st.sampled_from(KINDS) | VALUE,
    "userId": ID,
    "anonymousId": ID,
    "previousId": ID,
    "groupId": ID,
    "event": st.sampled_from(("A", "Order Completed", "")) | VALUE,
    "name": VALUE,
    "messageId": st.sampled_from(("m1", "m2", "m3")) | VALUE,
    "timestamp": TIME | VALUE,
    "sentAt": TIME | VALUE,
    "properties": OBJECT,
    "traits": OBJECT,
    "context": OBJECT,
}
SOUND = {
    "userId": "u1",
    "event": "A",
    "previousId": "a1",
    "groupId": "g1",
    "timestamp": "2026-11-20T12:00:00Z",
}
"""Enough for a call of any kind."""
NEARLY = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(sorted(FIELDS)).flatmap(
        lambda name: FIELDS[name].map(lambda value: {name: value})
    )
).map(lambda parts: SOUND | {"type": parts[0]} | parts[1])  # fmt: skip
CALL = NEARLY | NEARLY | st.fixed_dictionaries({}, optional=FIELDS) | VALUE


@pytest.fixture(scope="module")
def taken():
    """Calls that were taken in all, to see that some were."""
    return []


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=st.lists(CALL, min_size=1, max_size=12), around=st.fixed_dictionaries(
    {}, optional={"sentAt": TIME | VALUE, "context": OBJECT}
))  # fmt: skip
def test_a_batch_of_anything_is_answered_call_by_call_and_what_was_taken_rolls_up(
    tracking, taken, calls, around
):
    calls_function.api.stores = None
    body = json.dumps({**around, "batch": calls, "writeKey": tracking.key})
    answer = ask("POST", "/v1/batch", body)
    messages = tracking.messages()
    lines = [json.loads(line) for m in messages for line in unpack(m["body"]).splitlines()]
    refused = [line for line in lines if line["row"] == "refused"]
    if answer.status == 422:
        assert answer.json["errors"][0]["field"].startswith("batch[")
        assert len(refused) == len(calls)
    else:
        assert answer.status == 200 and answer.json["success"] is True
        told = answer.json.get("refused", [])
        assert len(told) == len(refused)
        assert answer.json.get("accepted", len(calls)) == len(calls) - len(told)
        taken.append(len(calls) - len(told))
    assert land(tracking.stores, messages) == {"batchItemFailures": []}
    report = tracking.roll_up()
    assert report["unreadable"] == [] and report["left"] == 0
    events = [line for line in lines if line["row"] == "event"]
    aside = sum(reason["count"] for reason in report["set_aside"].values())
    assert report["added"] + report["duplicates"] + aside >= len(events)
    assert aside == 0  # nothing that was taken is set aside later


def test_calls_were_taken_at_all(taken):
    assert sum(taken) > EXAMPLES


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    kind=st.sampled_from((*KINDS, "batch", "b", "t")),
    body=st.text(max_size=40) | VALUE.map(json.dumps),
    encoding=st.sampled_from((None, "gzip", "br")),
    authorization=st.sampled_from(("Basic ", "Basic !", "Basic eDo=", "Bearer x", "")),
)
def test_a_request_of_anything_is_refused_with_a_reason(
    tracking, kind, body, encoding, authorization
):
    calls_function.api.stores = None
    headers = {"authorization": authorization} | (
        {"content-encoding": encoding} if encoding else {}
    )
    answer = ask("POST", f"/v1/{kind}", body, headers)
    assert answer.status in (401, 422)
    assert answer.json["detail"] and tracking.messages() == []
