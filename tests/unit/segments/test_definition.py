"""What the definition language takes, what it refuses, and how it says so."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.segments.definition import Definition, parse, references

DESIGN_EXAMPLE = {
    "all": [
        {"did": {"event": "App Launched", "count": {"gte": 3}, "within": {"days": 30}}},
        {
            "did": {
                "event": "Charged",
                "where": [{"property": "amount", "gte": 50}],
                "between": {"from": "2026-10-01", "to": "2026-10-31"},
            }
        },
        {"did_not": {"event": "App Uninstalled", "within": {"days": 90}}},
        {
            "any": [
                {"profile": {"property": "city", "in": ["San Francisco"]}},
                {"segment": "seg_123"},
            ]
        },
        {"not": {"profile": {"property": "plan", "eq": "free"}}},
    ]
}


def refused(document: Any) -> tuple[str, str]:
    """Path and message of the first finding."""
    with pytest.raises(InvalidInput) as caught:
        parse(document)
    assert caught.value.errors
    return caught.value.errors[0].field, caught.value.errors[0].message


def test_a_definition_survives_being_written_and_read() -> None:
    definition = parse(DESIGN_EXAMPLE)
    assert definition.to_json() == DESIGN_EXAMPLE
    assert parse(definition.to_json()) == definition


def test_the_normal_form_leaves_out_what_is_the_default() -> None:
    written = parse({"did": {"where": [], "count": {"gte": 1}, "event": "Charged"}}).to_json()
    assert written == {"did": {"event": "Charged"}}


def test_references_name_events_segments_and_traits_but_not_all_users() -> None:
    found = references(parse({"all": [DESIGN_EXAMPLE, {"segment": "all-users"}]}))
    assert found.events == ("App Launched", "App Uninstalled", "Charged")
    assert found.segments == ("seg_123",)
    assert found.traits == ("city", "plan")
    assert not found.has_user_ids
    assert references(parse({"users": ["ann"]})).has_user_ids


@pytest.mark.parametrize(
    ("document", "path", "says"),
    [
        ({"did": {"event": "a", "cuont": {"gte": 1}}}, ".did.cuont", "did you mean 'count'?"),
        ({"dit": {"event": "a"}}, "", "did you mean 'did'?"),
        ({"all": [{"did": {}}]}, ".all[0].did.event", "is required"),
        ({"did": {"event": "a", "count": 3}}, ".did.count", "must be a JSON object; got 3"),
        ({"did": {"event": "a", "count": {"gte": "3"}}}, ".did.count.gte", 'got "3"'),
        ({"did": {"event": "a", "count": {"gte": True}}}, ".did.count.gte", "whole number"),
        ({"did": {"event": "a", "count": {"gte": -1}}}, ".did.count.gte", "at least 0; got -1"),
        ({"did": {"event": "a", "count": {}}}, ".did.count", "needs one of gte"),
        ({"did": {"event": "a", "within": {"days": 0}}}, ".did.within.days", "at least 1"),
        ({"did": {"event": "a", "within": {"dayz": 1}}}, ".did.within.dayz", "mean 'days'?"),
        ({"did": {"event": "a", "within": None}}, ".did.within", "null is not a value"),
        ({"did": {"event": "a", "before": "2026-02-30"}}, ".did.before", "calendar"),
        ({"did": {"event": "a", "before": "20260201"}}, ".did.before", "like 2026-10-31"),
        ({"did": {"event": "a", "first_time": False}}, ".did.first_time", "can only be true"),
        ({"did": {"event": "a", "sum": {"property": "x"}}}, ".did.sum", "needs one of"),
        ({"did": {"event": "a", "where": {"property": "x"}}}, ".did.where", "must be a list"),
        (
            {"did": {"event": "a", "where": [{"property": "x", "gt": True}]}},
            ".did.where[0].gt",
            "with eq",
        ),
        (
            {"did": {"event": "a", "between": {"from": "2026-03-02", "to": "2026-03-01"}}},
            ".did.between",
            "swap them",
        ),
        (
            {"did": {"event": "a", "before": "2026-03-02", "within": {"days": 3}}},
            ".did",
            "takes one window, not before and within",
        ),
        ({"did_not": {"event": "a", "count": {"gte": 1}}}, ".did_not.count", "accepted: event"),
        ({"did": {"event": "a"}, "did_not": {"event": "b"}}, "", "exactly one of"),
        ({"users": ["ann", 7]}, ".users[1]", "must be a string; got 7"),
        ({"users": ["a\0b"]}, ".users[0]", "without NUL"),
        ({"profile": {"property": "x", "in": []}}, ".profile.in", "must not be empty"),
        ({"profile": {"property": "x", "eq": float("nan")}}, ".profile.eq", "2^53"),
        ({"profile": {"property": "x", "eq": 10**400}}, ".profile.eq", "2^53"),
        ({"profile": {"property": "x" * 201, "eq": 1}}, ".profile.property", "1 to 200"),
        ({}, "", "an empty object says nothing"),
        ([], "", "a clause is a JSON object"),
    ],
)
def test_a_mistake_is_refused_with_path_and_remedy(document: Any, path: str, says: str) -> None:
    field, message = refused(document)
    assert field == f"definition{path}"
    assert says in message


@pytest.mark.parametrize(
    "document",
    [
        {"sequence": [{"event": "a"}]},
        {"bucket": {"goal": "goal_1", "in": ["most_likely"]}},
        {"did": {"event": "a", "on": {"weekdays": ["sat"]}}},
        {"profile": {"property": "v", "version_gte": "4.2"}},
        {"profile": {"property": "d", "within_last": {"days": 7}}},
    ],
)
def test_a_clause_that_is_not_evaluated_is_not_accepted(document: Any) -> None:
    _, message = refused(document)
    assert "is not evaluated in this version" in message
    assert "accepted: " in message


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InvalidInput, match="2 problems") as caught:
        parse({"all": [{"did": {"event": 1}}, {"did": {"evnt": "a", "event": "a"}}]}, at="seg")
    fields = [error.field for error in caught.value.errors]
    assert fields == ["seg.all[0].did.event", "seg.all[1].did.evnt"]


def test_ten_levels_are_accepted_and_eleven_are_not() -> None:
    document: dict[str, Any] = {"did": {"event": "a"}}
    for _ in range(9):
        document = {"not": document}
    assert isinstance(parse(document), Definition)
    assert "deeper than 10" in refused({"all": [document]})[1]


def test_a_hostile_depth_is_refused_without_recursion() -> None:
    document: dict[str, Any] = {"did": {"event": "a"}}
    for _ in range(100_000):
        document = {"not": document}
    assert "deeper than 10" in refused(document)[1]


def test_too_many_clauses_or_values_are_refused() -> None:
    one = {"did": {"event": "a"}}
    assert isinstance(parse({"all": [one] * 199}), Definition)
    assert "more than 200 clauses" in refused({"all": [one] * 200})[1]
    assert isinstance(parse({"users": ["a"] * 10_000}), Definition)
    assert (
        "10,000 listed values"
        in refused(
            {"any": [{"users": ["a"] * 9_999}, {"profile": {"property": "x", "in": [1, 2]}}]}
        )[1]
    )
