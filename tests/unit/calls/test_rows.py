"""What becomes of one call of the Segment specification."""

from __future__ import annotations

import pytest

from intent_segments.calls.rows import rows_of
from intent_segments.calls.times import micros
from intent_segments.errors import InvalidInput

RECEIVED = micros("2026-11-28T12:00:10Z")
TRACK = {"userId": "u1", "event": "Order Completed", "timestamp": "2026-11-28T12:00:00Z"}


def rows(call, kind="track", sent=None):
    return rows_of(call, kind, sent, RECEIVED, 0)


def test_a_track_call_is_an_event_with_its_properties_and_its_context_as_flat_ones():
    call = TRACK | {
        "messageId": "m1",
        "properties": {"amount": 25.9, "items": [{"sku": "a"}]},
        "context": {
            "app": {"name": "shop", "version": "1.2"},
            "ip": "192.0.2.1",
            "userAgent": "Mozilla",
            "traits": {"email": "a@example.org"},
            "screen": {"width": 390},
            "locale": "de-DE",
        },
    }
    assert rows(call) == [
        {
            "row": "event",
            "user_id": "u1",
            "anonymous": False,
            "event": "Order Completed",
            "ts": micros("2026-11-28T12:00:00Z"),
            "properties": {
                "context.app.name": "shop",
                "context.app.version": "1.2",
                "context.screen.width": 390,
                "context.locale": "de-DE",
                "amount": 25.9,
                "items": [{"sku": "a"}],
            },
            "message_id": "m1",
        }
    ]


@pytest.mark.parametrize(("kind", "name"), [("page", "Page Viewed"), ("screen", "Screen Viewed")])
def test_a_page_is_one_event_whatever_its_name(kind, name):
    call = {"anonymousId": "a1", "name": "Home", "category": "Shop", "properties": {"url": "/"}}
    [row] = rows(call, kind)
    assert row["event"] == name
    assert row["properties"] == {"name": "Home", "category": "Shop", "url": "/"}
    assert (row["user_id"], row["anonymous"]) == ("a1", True)


def test_identify_gives_traits_nested_ones_by_their_path_and_no_lists():
    traits = {"plan": "plus", "age": 31, "vip": True, "address": {"city": "Bern"}, "tags": ["x"]}
    [row] = rows({"userId": "u1", "traits": traits}, "identify")
    assert row["row"] == "traits" and row["user_id"] == "u1"
    assert row["traits"] == {"plan": "plus", "age": 31, "vip": True, "address.city": "Bern"}


def test_a_group_is_a_trait_of_its_member_and_so_are_the_traits_of_the_group():
    [row] = rows({"userId": "u1", "groupId": "g1", "traits": {"seats": 5}}, "group")
    assert row["traits"] == {"group_id": "g1", "group.seats": 5}


def test_whoever_names_both_ids_links_them():
    call = TRACK | {"anonymousId": "a1"}
    assert rows(call)[1] == {
        "row": "link",
        "anonymous_id": "a1",
        "user_id": "u1",
        "ts": micros("2026-11-28T12:00:00Z"),
    }
    [alias] = rows({"userId": "u1", "previousId": "a1"}, "alias")
    assert (alias["anonymous_id"], alias["user_id"], alias["ts"]) == ("a1", "u1", RECEIVED)
    assert len(rows(TRACK | {"anonymousId": "u1"})) == 1


@pytest.mark.parametrize(
    ("sent", "happened", "why"),
    [
        (None, "2026-11-28T12:00:00Z", "without sentAt what was said counts"),
        ("2026-11-28T12:00:05Z", "2026-11-28T12:00:05Z", "5 seconds before it was sent"),
        ("2026-11-28T14:00:00Z", "2026-11-28T10:00:10Z", "a clock two hours ahead is put right"),
        ("2026-11-28T12:00:00Z", "2026-11-28T12:00:10Z", "sent at once"),
    ],
)
def test_a_wrong_clock_of_the_client_is_put_right(sent, happened, why):
    [row] = rows(TRACK, sent=micros(sent))
    assert row["ts"] == micros(happened), why
    [row] = rows(TRACK | ({} if sent is None else {"sentAt": sent}))
    assert row["ts"] == micros(happened), why


def test_numbers_are_ids_too_and_offsets_are_heard():
    call = TRACK | {"userId": 17, "timestamp": "2026-11-28T13:00:00.25+01:00"}
    [row] = rows(call)
    assert (row["user_id"], row["ts"]) == ("17", micros("2026-11-28T12:00:00.250Z"))


def test_a_repeated_call_without_an_id_has_the_same_id_and_another_one_another():
    def named(call, received=RECEIVED, place=0):
        return rows_of(call, "track", None, received, place)[0]["message_id"]

    assert named(TRACK) == named(TRACK, RECEIVED + 1, 3)
    assert named(TRACK) != named(TRACK | {"event": "Other"})
    undated = {"userId": "u1", "event": "Order Completed"}
    assert named(undated) != named(undated, RECEIVED + 1)
    assert named(undated) != named(undated, place=1)


@pytest.mark.parametrize(
    ("kind", "call", "field", "words"),
    [
        ("track", {"event": "A"}, "userId", "needs a userId or an anonymousId"),
        ("track", {"userId": "", "event": "A"}, "userId", "needs a userId"),
        ("track", {"userId": True, "event": "A"}, "userId", "text or a whole number"),
        ("track", {"userId": 1.5, "event": "A"}, "userId", "text or a whole number"),
        ("track", {"userId": "u\0", "event": "A"}, "userId", "NUL"),
        ("track", {"userId": "u" * 1025, "event": "A"}, "userId", "limit is 1,024"),
        ("track", {"userId": "\ud800", "event": "A"}, "userId", "surrogate"),
        ("track", {"userId": "u"}, "event", "name of what was done"),
        ("track", {"userId": "u", "event": " "}, "event", "name of what was done"),
        ("track", {"userId": "u", "event": 7}, "event", "name of what was done"),
        ("track", TRACK | {"properties": [1]}, "properties", "must be an object"),
        ("track", TRACK | {"context": "x"}, "context", "must be an object"),
        ("track", TRACK | {"timestamp": "yesterday"}, "timestamp", "ISO 8601"),
        ("track", TRACK | {"timestamp": 1764331200}, "timestamp", "ISO 8601"),
        ("track", TRACK | {"timestamp": "1913-01-01"}, "timestamp", "between 1970"),
        ("identify", {"userId": "u", "traits": "x"}, "traits", "must be an object"),
        ("group", {"userId": "u"}, "groupId", "needs groupId"),
        ("alias", {"userId": "u"}, "previousId", "name both ids"),
        ("alias", {"previousId": "a"}, "userId", "name both ids"),
    ],
)
def test_a_call_that_cannot_be_used_says_why(kind, call, field, words):
    with pytest.raises(InvalidInput) as caught:
        rows(call, kind)
    [error] = caught.value.errors
    assert error.field == field
    assert words in error.message
