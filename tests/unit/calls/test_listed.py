"""What could not be used, and what roll-ups did, over HTTP."""

from __future__ import annotations

import gzip
import json

import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from functions.roll_up import handler as roll_up_function
from intent_segments.api import answers
from intent_segments.services.erasures import erase
from tests.unit.api.requests import ask
from tests.unit.calls.test_roll_up import sent, track
from tests.unit.store.stack import NOW


@pytest.fixture
def listed(tracking):
    """The functions connect to the fixture's stack, as fresh containers would."""
    api_function.api.stores = query_function.api.stores = None
    roll_up_function.stores.cache_clear()
    yield tracking
    roll_up_function.stores.cache_clear()


def broken(user, number=0):
    return track(user, number=number) | {"event": ""}


def refused(query=""):
    answer = ask("GET", f"/v1/refused-calls{query}")
    return answers.RefusedCallList.model_validate(answer.json)


def test_refused_calls_are_listed_as_they_came_with_the_reason(listed):
    assert ask("GET", "/v1/refused-calls").json == {"data": [], "has_more": False}
    sent(listed, [track("u1"), broken("u2")])
    listed.land()
    [entry] = refused().data
    assert (entry.field, entry.call) == ("event", broken("u2"))
    assert entry.message.startswith("event must be the name") and entry.at == NOW
    day = entry.id.partition("/")[0]
    assert refused(f"?date={day}").data == [entry]
    assert refused("?date=2020-01-01").data == []


def test_pages_of_refused_calls_hold_each_once(listed):
    for first in (0, 3, 6):
        sent(listed, [track("ok"), *(broken("u", first + n) for n in range(3))])
        listed.land()
    whole = refused("?limit=100")
    found, after, more = [], "", True
    while more:
        page = refused(f"?limit=2{after}")
        found += page.data
        after, more = f"&starting_after={page.data[-1].id.replace('#', '%23')}", page.has_more
    assert found == whole.data and len(found) == 9
    assert ask("GET", "/v1/refused-calls?starting_after=nothing").status == 422


def test_a_page_of_large_refused_calls_ends_early_and_cuts_what_is_too_long(listed):
    """Lambda answers with 6 MB at most."""
    large = [broken("u", n) | {"properties": {"text": "x" * 100_000}} for n in range(30)]
    too_long = broken("u", 99) | {"properties": {"text": "é" * 400_000}}
    folder = "rejected/calls/2026-11-28/10/"
    lines = [
        json.dumps({"at": NOW.isoformat(), "set_aside": "event: no", "call": call})
        for call in [*large, too_long]
    ]
    listed.stores.objects.put(f"{folder}a.jsonl.gz", gzip.compress("\n".join(lines).encode()))
    found, after, more = [], "", True
    while more:
        answer = ask("GET", f"/v1/refused-calls?limit=100{after}")
        assert answer.status == 200 and len(answer.text.encode()) < 3_000_000
        page = answers.RefusedCallList.model_validate(answer.json)
        found += page.data
        after, more = f"&starting_after={page.data[-1].id.replace('#', '%23')}", page.has_more
    assert [entry.call for entry in found[:-1]] == large
    assert isinstance(found[-1].call, str) and len(found[-1].call) == 131_072


def test_a_page_of_calls_of_nothing_but_quotes_fits_what_a_function_may_answer(listed):
    calls = [broken("u", n) | {"properties": {"text": '"' * 100_000}} for n in range(60)]
    lines = [
        json.dumps({"at": NOW.isoformat(), "set_aside": "event: no", "call": c}) for c in calls
    ]
    key = "rejected/calls/2026-11-28/10/a.jsonl.gz"
    listed.stores.objects.put(key, gzip.compress("\n".join(lines).encode()))
    answer = ask("GET", "/v1/refused-calls?limit=100")
    assert answer.json["has_more"] and answer.json["data"]
    assert len(json.dumps(answer.text)) < 6_000_000, "with the quotes of the body escaped"


def test_calls_of_a_user_who_is_to_be_erased_are_not_listed(listed):
    sent(listed, [track("ok"), broken("u1"), broken("u2")])
    listed.land()
    erase(listed.stores, "u1", erasure_id="ers_1", salt="s", now=NOW)
    assert [entry.call["userId"] for entry in refused().data] == ["u2"]


class Context:
    memory_limit_in_mb = 3_008

    def get_remaining_time_in_millis(self):
        return 900_000


def test_roll_ups_that_found_calls_are_listed_newest_first(listed):
    for number in range(2):
        sent(listed, [track("u1", number=number), track("u1", number=0)])
        listed.land()
        roll_up_function.handler({"kind": "calls"}, Context())
        roll_up_function.handler({"kind": "calls"}, Context())  # finds nothing, and is not kept
    answer = ask("GET", "/v1/roll-ups")
    newest, first = answers.RollUpList.model_validate(answer.json).data
    assert (first.rows_read, first.added, first.duplicates, first.left) == (2, 1, 1, 0)
    assert (newest.added, newest.duplicates, newest.set_aside) == (1, 1, {})
    assert newest.ended_at >= first.ended_at and newest.version == first.version + 1
    behind = ask("GET", f"/v1/roll-ups?starting_after={newest.id}").json
    assert ([entry["id"] for entry in behind["data"]], behind["has_more"]) == ([first.id], False)
