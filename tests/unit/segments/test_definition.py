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


def test_references_name_the_events_of_steps_and_the_goals_of_scores() -> None:
    found = references(
        parse(
            {
                "any": [
                    {"sequence": [{"event": "b"}, {"event": "a"}]},
                    {"bucket": {"goal": "goal_2", "in": ["most_likely"]}},
                    {"not": {"likelihood": {"goal": "goal_1", "gte": 0.5}}},
                ]
            }
        )
    )
    assert (found.events, found.goals) == (("a", "b"), ("goal_1", "goal_2"))


def test_references_name_events_segments_and_traits_but_not_all_users() -> None:
    found = references(parse({"all": [DESIGN_EXAMPLE, {"segment": "all-users"}]}))
    assert found.events == ("App Launched", "App Uninstalled", "Charged")
    assert found.segments == ("seg_123",)
    assert found.traits == ("city", "plan")
    assert found.goals == ()
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
            "takes one window, not within and before",
        ),
        ({"did_not": {"event": "a", "count": {"gte": 1}}}, ".did_not.count", "accepted: event"),
        ({"did": {"event": "a"}, "did_not": {"event": "b"}}, "", "exactly one of"),
        ({"users": ["ann", 7]}, ".users[1]", "must be a string; got 7"),
        ({"users": ["a\0b"]}, ".users[0]", "without NUL"),
        ({"profile": {"property": "x", "in": []}}, ".profile.in", "must list at least 1"),
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
    ("document", "path", "says"),
    [
        ({"did": {"event": "a", "on": {}}}, ".did.on", "needs one of weekdays, hours"),
        (
            {"did": {"event": "a", "on": {"weekdays": ["sat", "sunday"]}}},
            ".did.on.weekdays[1]",
            'must be one of mon, tue, wed, thu, fri, sat, sun; got "sunday"',
        ),
        (
            {"did": {"event": "a", "on": {"hours": {"from": 8, "to": 8}}}},
            ".did.on.hours",
            "0 to 24 is the whole day",
        ),
        (
            {"did": {"event": "a", "on": {"hours": {"from": 24, "to": 6}}}},
            ".did.on.hours.from",
            "at most 23; got 24",
        ),
        ({"did": {"event": "a", "on": {"hour": 8}}}, ".did.on.hour", "did you mean 'hours'?"),
        (
            {"did": {"event": "a", "count": {"lt": 1}, "sum": {"property": "x", "gt": 1}}},
            ".did",
            "count asks for none of the events and sum for some",
        ),
        ({"sequence": [{"event": "a"}]}, ".sequence", "must list at least 2"),
        ({"sequence": [{"event": "a"}] * 11}, ".sequence", "must not list more than 10"),
        (
            {"sequence": [{"event": "a", "within": {"days": 1}}, {"event": "b"}]},
            "",
            "the first step has no step before it",
        ),
        (
            {"sequence": [{"event": "a"}, {"event": "b", "on": {}}]},
            ".sequence[1].on",
            "accepted: event, within, where",
        ),
        (
            {"all": [{"sequence": [{"event": "a"}, {"event": "b"}], "withn": {"days": 1}}]},
            ".all[0].withn",
            "did you mean 'within'? accepted: sequence, within, between, before",
        ),
        (
            {"sequence": [{"event": "a"}] * 2, "within": {"days": 1}, "before": "2026-02-01"},
            "",
            "takes one window, not within and before",
        ),
        ({"sequence": [{"event": "a"}] * 2, "did": {"event": "a"}}, "", "exactly one of"),
        (
            {"profile": {"property": "v", "version_gte": 10.2}},
            ".profile.version_gte",
            'like "10.2": 1 to 6 numbers between dots; got 10.2',
        ),
        ({"profile": {"property": "v", "version_lt": "v10"}}, ".profile.version_lt", 'got "v10"'),
        (
            {"profile": {"property": "d", "within_last": {"hours": 7}}},
            ".profile.within_last.days",
            "is required",
        ),
        (
            {"did": {"event": "a", "where": [{"property": "d", "within_last": {"days": 7}}]}},
            ".did.where[0].within_last",
            "is not known here",
        ),
        (
            {"bucket": {"goal": "goal_1", "in": ["best"]}},
            ".bucket.in[0]",
            "must be one of most_likely, moderately_likely, least_likely",
        ),
        ({"bucket": {"goal": "goal_1"}}, ".bucket.in", "is required"),
        (
            {"likelihood": {"goal": "goal_1"}},
            ".likelihood",
            "needs one of gte, gt, lte, lt, top_percent",
        ),
        ({"likelihood": {"goal": "g", "gte": 50}}, ".likelihood.gte", "from 0 to 1; got 50"),
        ({"likelihood": {"goal": "g", "top_percent": 0}}, ".likelihood.top_percent", "at least 1"),
    ],
)
def test_what_the_newer_clauses_do_not_take_is_refused_too(
    document: Any, path: str, says: str
) -> None:
    field, message = refused(document)
    assert field == f"definition{path}"
    assert says in message


def test_no_clause_takes_a_pattern() -> None:
    for name in ("regex", "matches", "like"):
        assert "is not known here" in refused({"profile": {"property": "x", name: "(a+)+$"}})[1]


def test_values_of_steps_and_buckets_count_towards_the_limit() -> None:
    steps = [{"event": "a", "where": [{"property": "x", "in": [1] * 5_001}]}] * 2
    assert "10,000 listed values" in refused({"sequence": steps})[1]


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(InvalidInput, match="2 problems") as caught:
        parse({"all": [{"did": {"event": 1}}, {"did": {"evnt": "a", "event": "a"}}]}, at="seg")
    fields = [error.field for error in caught.value.errors]
    assert fields == ["seg.all[0].did.event", "seg.all[1].did.evnt"]


def test_a_wrong_step_does_not_make_its_sequence_too_short() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse({"sequence": [{"event": "a"}, {"evnt": "b", "event": "b"}]})
    assert [error.field for error in caught.value.errors] == ["definition.sequence[1].evnt"]


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
