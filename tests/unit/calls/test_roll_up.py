"""From the queue to the lake: every call once, whatever is delivered twice or dies on the way."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import date, timedelta

import pytest

from functions.roll_up import handler as roll_up_function
from intent_segments.calls.spec import LINKED
from intent_segments.lake import sweep
from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.reader import open_lake
from intent_segments.services import rolling_up
from intent_segments.services.landing import land
from tests.unit.store.stack import NOW

DAY = NOW.date() - timedelta(days=2)


def track(user, event="A", number=0, day=DAY, **more):
    return {
        "type": "track",
        "userId": user,
        "event": event,
        "messageId": f"{user}-{event}-{number}",
        "timestamp": f"{day}T10:00:00Z",
        **more,
    }


def anonymous(who, event="A", number=0, day=DAY):
    call = track(who, event, number, day)
    return {**{k: v for k, v in call.items() if k != "userId"}, "anonymousId": who}


def sent(tracking, calls):
    body = json.dumps({"batch": calls, "writeKey": tracking.key}).encode()
    return tracking.receiver().receive(body, None, None, NOW)


def lake(tracking, table):
    manifest = read_manifest(tracking.stores.objects, tracking.stores.head.read().manifest_key)
    groups = range(manifest.groups)
    return open_lake(
        tracking.stores.objects, manifest, groups, {table, "users"}, None, tracking.folder
    )


def events(tracking):
    """(user_id, event, day) of every event in the lake."""
    tables = lake(tracking, "events")
    return Counter(
        tables.con.execute(
            """SELECT u.user_id, n.name, DATE '1970-01-01' + e.day FROM events e
            JOIN users u USING (uh) JOIN event_names n ON n.event = e.event"""
        ).fetchall()
    )


def traits(tracking):
    """(user_id, property, day) -> value."""
    tables = lake(tracking, "profiles")
    rows = tables.con.execute(
        """SELECT u.user_id, p.property, p.valid_from, coalesce(p.text, CAST(p.number AS VARCHAR))
        FROM profiles p JOIN users u USING (uh)"""
    ).fetchall()
    return {(user, name, day): value for user, name, day, value in rows}


def test_calls_are_events_of_the_day_on_which_they_happened(tracking):
    sent(tracking, [track("u1"), track("u1", "B"), track("u2", day=NOW.date())])
    tracking.land()
    report = tracking.roll_up()
    assert (report["added"], report["duplicates"], report["files"]) == (3, 0, 1)
    assert events(tracking) == {
        ("u1", "A", DAY): 1,
        ("u1", "B", DAY): 1,
        ("u2", "A", NOW.date()): 1,
    }
    assert tracking.stores.objects.keys("calls/") == []


def test_a_day_that_is_not_over_is_never_closed(tracking):
    sent(tracking, [track("u1"), track("u2", day=NOW.date())])
    tracking.land()
    assert tracking.roll_up()["watermark"] == (NOW.date() - timedelta(days=1)).isoformat()


def test_a_call_counts_once_however_often_it_comes(tracking):
    calls = [track("u1", number=n) for n in range(5)]
    sent(tracking, calls)  # the client
    sent(tracking, calls)  # repeats its request,
    messages = tracking.messages()
    land(tracking.stores, messages)  # the queue delivers everything
    land(tracking.stores, messages)  # twice, in one batch
    for message in messages:
        land(tracking.stores, [message])  # and in others,
    first = tracking.roll_up()
    sent(tracking, calls[:2])  # and the client repeats again after the roll-up
    tracking.land()
    second = tracking.roll_up(NOW + timedelta(minutes=15))
    assert first["added"] == 5 and second["added"] == 0
    assert events(tracking) == {("u1", "A", DAY): 5}


def test_a_roll_up_that_dies_before_it_cleans_up_is_done_again(tracking, monkeypatch):
    sent(tracking, [track("u1"), {"type": "identify", "userId": "u1", "traits": {"plan": "x"}}])
    tracking.land()

    def dies(*_):
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(type(tracking.stores.objects), "delete", dies)
        with pytest.raises(ConnectionError):
            tracking.roll_up()
    assert len(tracking.stores.objects.keys("calls/")) == 1
    assert tracking.roll_up()["added"] == 0
    assert tracking.stores.objects.keys("calls/") == []
    assert events(tracking) == {("u1", "A", DAY): 1}
    assert len(traits(tracking)) == 1


def test_a_message_that_cannot_be_read_is_left_to_the_queue_and_the_others_land(tracking):
    sent(tracking, [track("u1")])
    good = tracking.messages()
    poison = {"messageId": "poison", "body": "no message", "attributes": {"SentTimestamp": "1"}}
    answer = land(tracking.stores, [poison, *good])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert tracking.roll_up()["added"] == 1


def test_a_file_that_cannot_be_read_is_put_aside_and_the_others_are_rolled_up(tracking):
    sent(tracking, [track("u1")])
    tracking.land()
    tracking.stores.objects.put("calls/2026-01-01/00/poison.jsonl.gz", b"no gzip")
    report = tracking.roll_up()
    assert report["added"] == 1
    assert report["unreadable"] == ["rejected/calls/2026-01-01/00/poison.jsonl.gz"]
    assert tracking.stores.objects.get(report["unreadable"][0]) == b"no gzip"
    assert tracking.roll_up()["files"] == 0


def test_refused_calls_lie_under_rejected_as_they_came_with_the_reason(tracking):
    wrong = {"type": "track", "userId": "u2", "note": "\ud800"}
    sent(tracking, [track("u1"), wrong])
    tracking.land()
    [key] = tracking.stores.objects.keys("rejected/calls/")
    [line] = gzip.decompress(tracking.stores.objects.get(key)).splitlines()
    refused = json.loads(line)
    assert refused["call"] == wrong
    assert "event must be the name" in refused["set_aside"]
    assert tracking.roll_up()["added"] == 1


def test_the_first_roll_up_of_a_day_sweeps_though_it_makes_two_imports(tracking, monkeypatch):
    handler = roll_up_function.handler
    roll_up_function.stores.cache_clear()
    monkeypatch.setattr(roll_up_function, "CACHE", tracking.folder / "lake")
    swept = []
    monkeypatch.setattr(sweep, "_unused", lambda *_: swept.append(1) or [])
    for number in range(2):
        identified = {"type": "identify", "userId": f"u{number}", "traits": {"plan": "x"}}
        sent(tracking, [track("u1", number=number), identified])
        tracking.land()
        report = handler({"kind": "calls"}, None)
        assert report["version"] == report["first_version"] + 1
        assert len(swept) == 1


def test_nothing_landed_is_nothing_to_do(tracking):
    assert tracking.land() == {"batchItemFailures": []}
    assert tracking.roll_up()["files"] == 0


def test_large_heaps_are_rolled_up_in_portions_while_there_is_time(tracking, monkeypatch):
    monkeypatch.setattr(rolling_up, "MOST_FILES", 2)
    for number in range(5):
        sent(tracking, [track("u1", number=number)])
        tracking.land()
    once = rolling_up.roll_up(tracking.stores, NOW, tracking.folder, lambda: False)
    assert (once["files"], once["left"], once["added"]) == (2, 3, 2)
    rest = tracking.roll_up()
    assert (rest["files"], rest["left"], rest["added"]) == (3, 0, 3)


def test_traits_hold_from_the_day_on_which_they_were_told_and_the_last_of_a_day_counts(tracking):
    def told(plan, day, hour):
        at = f"{day}T{hour:02d}:00:00Z"
        return {"type": "identify", "userId": "u1", "traits": {"plan": plan}, "timestamp": at}

    earlier = DAY - timedelta(days=3)
    sent(tracking, [told("plus", DAY, 18), told("pro", DAY, 9), told("free", earlier, 9)])
    tracking.land()
    tracking.roll_up()
    assert traits(tracking) == {
        ("u1", "plan", days(earlier)): "free",
        ("u1", "plan", days(DAY)): "plus",
    }


def days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def test_from_the_day_of_the_link_on_anonymous_acts_are_those_of_the_known_user(tracking):
    before, after = DAY - timedelta(days=1), DAY + timedelta(days=1)
    sent(
        tracking,
        [
            anonymous("a1", "Viewed", day=before),
            {
                "type": "identify",
                "userId": "u1",
                "anonymousId": "a1",
                "traits": {"plan": "plus"},
                "timestamp": f"{DAY}T12:00:00Z",
            },
            anonymous("a1", "Viewed", 1, day=DAY),
            anonymous("a1", "Viewed", 2, day=after),
        ],
    )
    tracking.land()
    tracking.roll_up()
    assert events(tracking) == {
        ("a1", "Viewed", before): 1,  # on that day nobody knew who it was
        ("u1", "Viewed", DAY): 1,
        ("u1", "Viewed", after): 1,
    }
    assert traits(tracking)["a1", LINKED, days(DAY)] == "u1"


def test_a_link_is_remembered_by_later_roll_ups_and_told_once(tracking):
    link = {"type": "alias", "previousId": "a1", "userId": "u1", "timestamp": f"{DAY}T08:00:00Z"}
    sent(tracking, [link, track("u1")])
    tracking.land()
    tracking.roll_up()
    after = DAY + timedelta(days=1)
    sent(tracking, [anonymous("a1", "B", day=after), link | {"timestamp": f"{after}T08:00:00Z"}])
    tracking.land()
    tracking.roll_up(NOW + timedelta(minutes=15))
    assert events(tracking)["u1", "B", after] == 1
    assert [key for key in traits(tracking) if key[1] == LINKED] == [("a1", LINKED, days(DAY))]


def test_an_alias_of_an_alias_leads_to_the_last_one_and_a_circle_to_an_end(tracking):
    def alias(previous, user):
        at = f"{DAY}T08:00:00Z"
        return {"type": "alias", "previousId": previous, "userId": user, "timestamp": at}

    sent(
        tracking,
        [
            alias("a1", "a2"),
            alias("a2", "u1"),
            anonymous("a1"),
            alias("c1", "c2"),
            alias("c2", "c1"),
            anonymous("c1"),
        ],
    )
    tracking.land()
    tracking.roll_up()
    found = {user: n for (user, _, _), n in events(tracking).items()}
    assert found["u1"] == 1
    assert sum(found.values()) == 2 and set(found) <= {"u1", "c1", "c2"}


def test_a_shared_browser_belongs_to_whoever_signed_in_last(tracking):
    after = DAY + timedelta(days=1)
    calls = []
    for user, day in (("u1", DAY), ("u2", after)):
        at = f"{day}T08:00:00Z"
        calls.append({"type": "identify", "userId": user, "anonymousId": "a1", "timestamp": at})
        calls.append(anonymous("a1", "Viewed", day.day, day=day))
    sent(tracking, calls)
    tracking.land()
    tracking.roll_up()
    assert events(tracking) == {("u1", "Viewed", DAY): 1, ("u2", "Viewed", after): 1}


def test_identify_without_traits_says_nothing_and_stops_nothing(tracking):
    sent(tracking, [{"type": "identify", "userId": "u9", "traits": {}}, track("u1")])
    tracking.land()
    assert tracking.roll_up()["added"] == 1
    assert traits(tracking) == {}
