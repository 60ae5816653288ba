"""A goal's event in JSON and in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.segments.goal_event import GoalEvent, filtered, in_words, parse


def where(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"event": "Charged", "where": list(conditions)}


AMOUNT = {"property": "amount", "gte": 50}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("Charged", "Charged"),
        (where(), "Charged"),
        (where(AMOUNT), "Charged where amount >= 50"),
        (
            where({"property": "amount", "gt": 1.5, "lt": 9}),
            "Charged where amount > 1.5 and amount < 9",
        ),
        (where({"property": "plan", "eq": "pro"}), 'Charged where plan = "pro"'),
        (where({"property": "gift", "ne": True}), "Charged where gift != true"),
        (where({"property": "total paid", "lte": 5}), 'Charged where "total paid" <= 5'),
        (where({"property": "plan", "in": ["a", "b"]}), 'Charged where plan in "a", "b"'),
        (where({"property": "n", "in": [1, 2, 3, 4, 5]}), "Charged where n in 1, 2, 3 and 2 more"),
        (where({"property": "code", "starts_with": "X"}), 'Charged where code starts with "X"'),
        (where({"property": "code", "contains": "x"}), 'Charged where code contains "x"'),
        (where({"property": "code", "exists": True}), "Charged where code is there"),
        (where({"property": "code", "exists": False}), "Charged where code is missing"),
        (
            where(AMOUNT, {"property": "plan", "eq": "pro"}),
            'Charged where amount >= 50 and plan = "pro"',
        ),
    ],
)
def test_an_event_is_told_in_words(document: Any, words: str) -> None:
    assert parse(document, "events[0]").words == words


def test_several_events_are_joined_by_what_match_means() -> None:
    events = ("Order", parse(where(AMOUNT), "events[1]"))
    assert in_words(events, "any") == "Order or Charged where amount >= 50"
    assert in_words(events, "all") == "Order and Charged where amount >= 50"


@pytest.mark.parametrize("document", ["Charged", where(AMOUNT, {"property": "x", "in": [1, "a"]})])
def test_an_event_comes_back_from_json(document: Any) -> None:
    event = parse(document, "events[0]")
    assert event.to_json() == document
    assert GoalEvent.from_json(json.loads(json.dumps(event.to_json()))) == event


def test_an_object_without_conditions_is_the_name() -> None:
    assert parse({"event": "Charged", "where": []}, "events[0]").to_json() == "Charged"
    assert not filtered([parse(where(), "events[0]")])
    assert filtered(["Order", parse(where(AMOUNT), "events[0]")])


def test_equal_filters_have_one_identity_however_their_numbers_are_written() -> None:
    whole, fraction, other = (
        parse(where({"property": "amount", "gte": number}), "e").identity
        for number in (50, 50.0, 51)
    )
    assert whole == fraction != other
    assert parse(where({"property": "a", "eq": True}), "e").identity != (
        parse(where({"property": "a", "eq": 1}), "e").identity
    )


@pytest.mark.parametrize(
    ("document", "field", "says"),
    [
        (5, "events[0]", "a name or .*got 5"),
        ("", "events[0]", "1 to 200 characters"),
        ({}, "events[0].event", "is required"),
        ({"event": 7}, "events[0].event", "must be a string"),
        ({"event": "a", "wher": []}, "events[0].wher", "did you mean 'where'"),
        ({"event": "a", "count": 2}, "events[0].count", "accepted: event, where"),
        ({"event": "a", "where": [{"property": "p"}]}, "events[0].where[0]", "needs one of eq"),
        ({"event": "a", "where": [{"gte": 1}]}, "events[0].where[0].property", "is required"),
        (
            {"event": "a", "where": [{"property": "p", "gte": True}]},
            "events[0].where[0].gte",
            "must be a number, a string",
        ),
        (
            {"event": "a", "where": [{"property": "p", "gteq": 1}]},
            "events[0].where[0].gteq",
            "did you mean 'gte'",
        ),
        ({"event": "a", "where": [AMOUNT] * 21}, "events[0].where", "must not list more than 20"),
    ],
)
def test_what_is_no_event_is_refused_in_the_words_of_segments(
    document: Any, field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        parse(document, "events[0]")
    assert [entry.field for entry in refused.value.errors] == [field]
