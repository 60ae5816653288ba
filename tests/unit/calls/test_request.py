"""The body of a request: one call, or a batch of which the good ones count."""

from __future__ import annotations

import json

import pytest

from intent_segments.calls.packing import pack, unpack
from intent_segments.calls.request import read_calls, read_document
from intent_segments.calls.spec import BATCH_CALLS
from intent_segments.calls.times import micros
from intent_segments.errors import CorruptObject, InvalidInput

RECEIVED = micros("2026-11-28T12:00:00Z")


def batch(calls, **more):
    return read_calls({"batch": calls, **more}, None, RECEIVED)


def told(calls):
    return [json.loads(line) for line in calls.lines]


def track(user="u1", **more):
    return {"type": "track", "userId": user, "event": "A", **more}


def test_one_bad_call_costs_none_of_the_others():
    found = batch([track("u1"), {"type": "track"}, "no call", track("u2"), {"type": "zap"}])
    assert found.accepted == 2
    assert [row["user_id"] for row in told(found)] == ["u1", "u2"]
    assert [(r.index, r.field) for r in found.refused] == [(1, "userId"), (2, "call"), (4, "type")]
    assert found.refused[0].call == {"type": "track"}


def test_the_context_of_a_batch_goes_for_all_of_its_calls_and_theirs_goes_first():
    calls = [track(context={"locale": "fr"}), track("u2")]
    found = told(batch(calls, context={"locale": "de", "os": {"name": "iOS"}}))
    assert [row["properties"]["context.locale"] for row in found] == ["fr", "de"]
    assert found[0]["properties"]["context.os.name"] == "iOS"


def test_the_clock_of_a_batch_is_put_right_by_its_sent_at():
    call = track(timestamp="2026-11-28T13:59:00Z")
    [row] = told(batch([call], sentAt="2026-11-28T14:00:00Z"))
    assert row["ts"] == micros("2026-11-28T11:59:00Z")


def test_a_link_is_told_once_however_many_calls_repeat_it():
    found = told(batch([track(anonymousId="a1") for _ in range(5)]))
    assert [row["row"] for row in found].count("link") == 1
    assert [row["row"] for row in found].count("event") == 5


def test_a_call_of_more_than_32_kilobytes_is_refused_and_the_batch_goes_on():
    found = batch([track(properties={"text": "x" * 33_000}), track("u2")])
    assert found.accepted == 1
    assert "the limit is 32,768" in found.refused[0].message


def test_half_a_surrogate_pair_is_refused_and_set_aside_as_it_came():
    document = read_document(
        b'{"batch": [{"type": "track", "userId": "u", "event": "A", '
        b'"properties": {"t": "\\ud800"}}]}'
    )
    found = read_calls(document, None, RECEIVED)
    assert found.accepted == 0
    assert "surrogate" in found.refused[0].message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Expecting value"),
        (b"[]", "not a list"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe\x00", "UTF"),
        (b'{"a":' * 100_000, "nests too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "digits"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_in_words(body, words):
    with pytest.raises(InvalidInput, match="body must be a JSON object") as caught:
        read_document(body)
    assert words in caught.value.message


@pytest.mark.parametrize("text", ["1e999", "-1e999"])
def test_a_number_beyond_all_doubles_stays_as_its_text(text):
    """As infinity it would not be JSON any more where rows are read again."""
    body = (
        f'{{"type": "track", "userId": "u", "event": "A", "properties": {{"p": {text}, "q": 1.5}}}}'
    )
    found = read_calls(read_document(body.encode()), "track", RECEIVED)
    [row] = (
        json.loads(line, parse_constant=lambda name: pytest.fail(name)) for line in found.lines
    )
    assert row["properties"] == {"p": text, "q": 1.5}


def test_a_batch_is_a_list_of_at_most_2500_calls():
    with pytest.raises(InvalidInput, match="must be a list"):
        read_calls({"batch": {}}, None, RECEIVED)
    with pytest.raises(InvalidInput, match="limit is 2,500"):
        batch([track()] * (BATCH_CALLS + 1))
    assert batch([track(messageId=str(n)) for n in range(BATCH_CALLS)]).accepted == BATCH_CALLS


def test_lines_travel_as_text_that_fits_a_queue_and_come_back_the_same():
    lines = [b'{"a": "\xc3\xa9"}', b"{}"]
    assert unpack(pack(lines)) == b'{"a": "\xc3\xa9"}\n{}\n'
    assert pack(lines) == pack(lines)
    for broken in ("", "no base64!", pack(lines)[:-8], "aGVsbG8="):
        with pytest.raises(CorruptObject):
            unpack(broken)
