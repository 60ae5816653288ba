"""What commands about goals send to the API, and how they tell its answers."""

from __future__ import annotations

from typing import Any

import pytest

from intent_local.cli import parse
from intent_local.commands.forecast import in_buckets
from intent_local.commands.nightly import told
from intent_local.commands.resources import goal_body, period, words

LARGE = '{"event": "Charged", "where": [{"property": "amount", "gte": 50}]}'
EVENTS = ["Order", {"event": "Charged", "where": [{"property": "amount", "gte": 50}]}]


def test_an_event_is_a_name_or_an_object_with_conditions() -> None:
    args = parse(["forecast", "--event", "Order", "--event", LARGE, "--ends-on", "2026-11-30"])
    assert goal_body(args) == {
        "segment_id": "all-users",
        "events": EVENTS,
        "ends_on": "2026-11-30",
    }


def test_a_rolling_goal_is_asked_for_with_its_days() -> None:
    args = parse(["goals", "create", "--name", "Weekly", "--event", "Order", "--rolling-days", "7"])
    assert goal_body(args) == {"segment_id": "all-users", "events": ["Order"], "rolling_days": 7}


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("achievement", {"by": "achievement"}),
        ("percentile 20 30", {"by": "percentile", "most": 20, "moderate": 30}),
        ("likelihood .5 0.2", {"by": "likelihood", "most": 0.5, "moderate": 0.2}),
        (
            '{"by": "percentile", "most": 20, "moderate": 30}',
            {"by": "percentile", "most": 20, "moderate": 30},
        ),
    ],
)
def test_what_buckets_go_by_is_said_in_words_or_as_an_object(
    text: str, policy: dict[str, Any]
) -> None:
    args = parse(["forecast", "--event", "Order", "--ends-on", "2026-11-30", "--buckets", text])
    assert goal_body(args)["buckets"] == policy


def test_a_forecast_tells_its_buckets() -> None:
    expected = [
        {"bucket": "most_likely", "users": 1200, "expected_users": 610.4},
        {"bucket": "least_likely", "users": 4800, "expected_users": 90.2},
    ]
    assert in_buckets(expected) == (
        "1,200 most likely (610 will do it), 4,800 least likely (90 will do it)"
    )


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--rolling-days", "0", "1 to 90 days, not '0'"),
        ("--rolling-days", "91", "1 to 90 days"),
        ("--rolling-days", "week", "1 to 90 days"),
        ("--event", '{"event": "Charged", "when": []}', "did you mean 'where'"),
        ("--event", "{Charged}", "is not JSON"),
        ("--buckets", "percentile 20", "buckets.moderate is missing"),
        ("--buckets", "percentile 20 30 50", "and two cuts"),
        ("--buckets", "likelihood 0.2 0.5", "must be lower than buckets.most 0.2"),
        ("--buckets", "rank 20 30", '"rank" is not known'),
        ("--buckets", "{by}", "is not JSON"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(
    option: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(["forecast", option, value])
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("match", "ends_on", "rolling_days", "says"),
    [
        ("any", "2026-11-30", None, "Order or Charged where amount >= 50 by 2026-11-30"),
        ("all", None, 7, "Order and Charged where amount >= 50 in the 7 days after every night"),
        ("any", None, 1, "Order or Charged where amount >= 50 in the 1 day after every night"),
    ],
)
def test_a_goal_is_told_in_words(
    match: str, ends_on: str | None, rolling_days: int | None, says: str
) -> None:
    goal = {"events": EVENTS, "match": match, "ends_on": ends_on, "rolling_days": rolling_days}
    assert f"{words(goal)} {period(goal)}" == says


def night(**changes: Any) -> dict[str, Any]:
    return {
        "did": 0,
        "open": 100,
        "achieved": 0,
        "lost": 0,
        "predicted": {"value": 20.4, "low80": 15.0, "high80": 27.0},
        "open_by_bucket": {"most_likely": 10, "moderately_likely": 20, "least_likely": 70},
        "window": None,
    } | changes


def test_a_night_of_a_goal_with_an_end_has_what_came_so_far() -> None:
    assert told(night(did=5, achieved=5, open=95), None) == (
        "5 of 100 did it, predicted 20; open: 10 most, 20 moderately, 70 least likely"
    )


def test_a_night_of_a_rolling_goal_has_what_is_to_come_and_what_just_came() -> None:
    ahead = night(window={"starts_on": "2026-11-24", "ends_on": "2026-11-30", "did": None})
    over = night(window={"starts_on": "2026-11-17", "ends_on": "2026-11-23", "did": 22})
    buckets = "10 most, 20 moderately, 70 least likely"
    expected = "20 of 100 expected from 2026-11-24 to 2026-11-30 (80 %: 15 to 27)"
    assert told(ahead, None) == f"{expected}; {buckets}"
    assert told(ahead, over) == (
        f"{expected}; 22 did it since 2026-11-17, 20 were expected; {buckets}"
    )
