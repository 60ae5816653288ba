"""What the tracking API lets in, and that it is in the queue when it says so."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta

import pytest

from intent_segments.calls.packing import unpack
from intent_segments.errors import InvalidInput, NotSignedIn, Raced
from intent_segments.services import write_keys
from intent_segments.services.receiving import REMEMBERED, unzipped, write_key
from tests.unit.store.stack import NOW


def basic(key):
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def send(receiver, document, kind="track", authorization=None, now=NOW):
    return receiver.receive(json.dumps(document).encode(), kind, authorization, now)


def queued(tracking):
    text = b"".join(unpack(message["body"]) for message in tracking.messages())
    return [json.loads(line) for line in text.splitlines()]


def test_what_was_answered_with_success_is_in_the_queue(tracking):
    call = {"userId": "u1", "event": "A", "messageId": "m1"}
    answer = send(tracking.receiver(), call, authorization=basic(tracking.key))
    assert answer == {"success": True}
    [row] = queued(tracking)
    assert (row["user_id"], row["event"], row["message_id"]) == ("u1", "A", "m1")


def test_a_write_key_comes_as_a_user_name_or_in_the_body(tracking):
    assert write_key(basic("k"), {"writeKey": "other"}) == "k"
    assert write_key(None, {"writeKey": "k"}) == "k"
    assert write_key("Bearer x", {"writeKey": "k"}) == "k"
    for nothing in (None, "Basic !", basic(""), "Basic " + base64.b64encode(b"\xff:").decode()):
        assert write_key(nothing, {}) is None
    assert send(tracking.receiver(), {"userId": "u", "event": "A", "writeKey": tracking.key})


@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_nothing_is_stored_without_a_key_that_stands(tracking, key):
    document = {"userId": "u", "event": "A", **({} if key is None else {"writeKey": key})}
    with pytest.raises(NotSignedIn, match="write key"):
        send(tracking.receiver(), document)
    assert queued(tracking) == []


def test_a_revoked_key_is_refused_after_a_minute_everywhere_and_at_once_where_it_is_new(tracking):
    receiver = tracking.receiver()
    document = {"userId": "u", "event": "A", "writeKey": tracking.key}
    send(receiver, document)
    [key], _ = write_keys.page(tracking.stores, 20, None)
    assert tracking.key not in json.dumps(key)
    write_keys.revoke(tracking.stores, key["id"])
    send(receiver, document, now=NOW + REMEMBERED - timedelta(seconds=1))
    for container, now in ((receiver, NOW + REMEMBERED), (tracking.receiver(), NOW)):
        with pytest.raises(NotSignedIn, match="revoked"):
            send(container, document, now=now)


def test_the_answer_to_a_batch_names_the_calls_that_were_refused_and_they_are_set_aside(tracking):
    calls = [{"type": "track", "userId": "u1", "event": "A"}, {"type": "track", "userId": "u2"}]
    answer = send(tracking.receiver(), {"batch": calls, "writeKey": tracking.key}, None)
    assert answer["success"] and answer["accepted"] == 1
    [refused] = answer["refused"]
    assert (refused["index"], refused["field"]) == (1, "event")
    rows = queued(tracking)
    assert [row["row"] for row in rows] == ["event", "refused"]
    assert rows[1]["call"] == calls[1]
    assert rows[1]["set_aside"].startswith("event: event must be")


def test_a_request_of_which_nothing_can_be_used_is_an_error_and_is_set_aside_all_the_same(tracking):
    for document, kind, field in (
        ({"batch": [{"type": "track"}]}, None, "batch[0].userId"),
        ({"event": "A"}, "track", "userId"),
    ):
        with pytest.raises(InvalidInput) as caught:
            send(tracking.receiver(), document | {"writeKey": tracking.key}, kind)
        assert caught.value.errors[0].field == field
    rows = queued(tracking)
    assert [row["row"] for row in rows] == ["refused"] * 2
    assert tracking.key not in json.dumps(rows)


def test_a_queue_that_takes_nothing_makes_the_client_try_again(tracking):
    tracking.stores.calls.client.delete_queue(QueueUrl=tracking.stores.calls.url)
    with pytest.raises(Raced, match="send the same request again"):
        send(tracking.receiver(), {"userId": "u", "event": "A", "writeKey": tracking.key})


def test_bodies_may_be_gzipped_and_a_bomb_is_not_unpacked():
    assert unzipped(gzip.compress(b"{}"), "gzip") == b"{}"
    assert unzipped(b"{}", None) == b"{}"
    for body, encoding, words in (
        (b"{}", "gzip", "cannot be unpacked"),
        (gzip.compress(bytes(50_000_000)), "gzip", "512,000 bytes"),
        (bytes(512_001), None, "512,000 bytes"),
    ):
        with pytest.raises(InvalidInput, match=words):
            unzipped(body, encoding)
