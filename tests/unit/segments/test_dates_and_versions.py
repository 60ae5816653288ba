"""How near a trait's date is, which version is the higher one, and whose scores count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.segments.history import Event, History, Night, Trait

AS_OF = date(2026, 10, 31)
MICROSECOND = timedelta(microseconds=1)


def who(document: Any, history: History, as_of: date = AS_OF) -> list[str]:
    return list(evaluate.member_ids(history.tables(), parse(document), as_of))


def test_the_last_days_end_with_the_day_and_the_next_ones_begin_after_it() -> None:
    # In Los Angeles the 31st begins at 07:00 UTC; 1 November, when clocks change, has 25 hours.
    begins = datetime(2026, 10, 31, 7, tzinfo=UTC)
    tomorrow, after = begins + timedelta(days=1), begins + timedelta(days=2, hours=1)
    moments = {
        "before": begins - MICROSECOND,
        "first": begins,
        "last": tomorrow - MICROSECOND,
        "next": tomorrow,
        "end": after - MICROSECOND,
        "beyond": after,
    }
    traits = tuple(Trait(user, "renews", moment) for user, moment in moments.items())
    history = History(traits=traits, timezone="America/Los_Angeles")

    def renews(**near: Any) -> list[str]:
        return who({"profile": {"property": "renews", **near}}, history)

    assert renews(within_last={"days": 1}) == ["first", "last"]
    assert renews(within_last={"days": 2}) == ["before", "first", "last"]
    assert renews(within_next={"days": 1}) == ["end", "next"]
    assert renews(within_next={"days": 2}) == ["beyond", "end", "next"]
    assert renews(within_next={"days": 9}, lt="2026-11-02") == ["end", "next"]
    assert renews(within_last={"days": 1}, within_next={"days": 1}) == []


def test_only_a_timestamp_is_near() -> None:
    traits = (Trait("text", "renews", "2026-10-31"), Trait("number", "renews", 20_757.0))
    history = History(traits=traits)
    assert who({"profile": {"property": "renews", "within_last": {"days": 3}}}, history) == []


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("9.9", "10.2"),
        ("10.2", "10.10"),
        ("10", "10.0.1"),
        ("1.2.3", "1.2.3.4"),
        ("0", "0.0.0.0.0.1"),
        ("2.010", "2.11"),
        ("999999999998", "999999999999"),
    ],
)
def test_versions_compare_number_by_number(lower: str, higher: str) -> None:
    history = History(traits=(Trait("low", "app", lower), Trait("high", "app", higher)))
    assert who({"profile": {"property": "app", "version_gt": lower}}, history) == ["high"]
    assert who({"profile": {"property": "app", "version_gte": higher}}, history) == ["high"]
    assert who({"profile": {"property": "app", "version_lt": higher}}, history) == ["low"]
    assert who({"profile": {"property": "app", "version_lte": lower}}, history) == ["low"]


def test_equal_versions_may_be_written_differently() -> None:
    history = History(traits=(Trait("ann", "app", "010.0"),))
    both = {"property": "app", "version_gte": "10", "version_lte": "10.0.0"}
    assert who({"profile": both}, history) == ["ann"]


@pytest.mark.parametrize("value", ["10.2-beta", "v10", "10.", "", "1.2.3.4.5.6.7", 10.2, True])
def test_what_is_no_version_is_neither_higher_nor_lower(value: Any) -> None:
    noon = datetime(2026, 10, 31, 12, tzinfo=UTC)
    history = History((Event("ann", "open", noon, {"app": value}),), (Trait("ann", "app", value),))
    for way in ("version_gte", "version_lt"):
        condition = {"property": "app", way: "5"}
        assert who({"profile": condition}, history) == []
        assert who({"did": {"event": "open", "where": [condition]}}, history) == []


def test_scores_stand_until_the_next_ones_and_not_a_day_longer() -> None:
    first, second = AS_OF - timedelta(days=3), AS_OF - timedelta(days=1)
    history = History(
        traits=(Trait("ann", "x", "y"), Trait("bob", "x", "y")),
        nights=(
            Night("goal_1", first, {"ann": (500_000, "most_likely", 99)}),
            Night("goal_1", second, {"bob": (500_000, "most_likely", 99)}),
        ),
    )
    document = {"bucket": {"goal": "goal_1", "in": ["most_likely"]}}
    days = [first + timedelta(days=after) for after in (-1, 0, 1, 2, 3)]
    assert [who(document, history, day) for day in days] == [[], ["ann"], ["ann"], ["bob"], ["bob"]]
    assert who({"bucket": {"goal": "goal_2", "in": ["most_likely"]}}, history) == []
