"""Hours, weekdays and sequences, one sentence at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from intent_segments.errors import InvalidInput
from intent_segments.segments import evaluate
from intent_segments.segments.compile import needs_single_events
from intent_segments.segments.definition import parse
from tests.unit.segments.history import Event, History

AS_OF = date(2026, 10, 31)
NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)
A_THEN_B = [{"event": "a"}, {"event": "b", "within": {"hours": 2}}]


def at(hours: float, event: str, user: str = "ann") -> Event:
    return Event(user, event, NOON + timedelta(hours=hours))


def who(document: Any, history: History, as_of: date = AS_OF) -> list[str]:
    return list(evaluate.member_ids(history.tables(), parse(document), as_of))


def did(**on: Any) -> dict[str, Any]:
    return {"did": {"event": "buy", "on": on}}


def test_an_hour_begins_with_its_first_and_ends_before_its_last() -> None:
    history = History(
        tuple(
            Event(f"{h:02}:{m:02}", "buy", datetime(2026, 10, 30, h, m, tzinfo=UTC))
            for h, m in ((17, 59), (18, 0), (22, 59), (23, 0))
        )
    )
    assert who(did(hours={"from": 18, "to": 23}), history) == ["18:00", "22:59"]
    assert who(did(hours={"from": 23, "to": 18}), history) == ["17:59", "23:00"]
    assert who(did(hours={"from": 0, "to": 24}), history) == ["17:59", "18:00", "22:59", "23:00"]


def test_hours_and_weekdays_are_those_of_the_account() -> None:
    # 05:30 UTC on Saturday is half past ten in the evening of Friday in Los Angeles.
    late = datetime(2026, 10, 31, 5, 30, tzinfo=UTC)
    history = History((Event("ann", "buy", late),), timezone="America/Los_Angeles")
    assert who(did(weekdays=["fri"], hours={"from": 22, "to": 23}), history) == ["ann"]
    assert who(did(weekdays=["sat"]), history) == []


def test_an_hour_that_comes_twice_counts_twice() -> None:
    # On 1 November 2026 clocks in Los Angeles go from 02:00 back to 01:00, at 09:00 UTC.
    twice = tuple(
        Event("ann", "buy", datetime(2026, 11, 1, hour, 30, tzinfo=UTC)) for hour in (8, 9)
    )
    history = History(twice, timezone="America/Los_Angeles")
    document = did(hours={"from": 1, "to": 2})
    document["did"]["count"] = {"eq": 2}
    assert who(document, history, date(2026, 11, 1)) == ["ann"]


def test_weekdays_are_right_before_1970_too() -> None:
    history = History((Event("ann", "buy", datetime(1969, 12, 28, 12, tzinfo=UTC)),))
    assert who(did(weekdays=["sun"]), history) == ["ann"]


def test_weekdays_are_answered_by_daily_counts_and_hours_are_not() -> None:
    assert not needs_single_events(parse(did(weekdays=["sat", "sun"])))
    assert needs_single_events(parse(did(hours={"from": 8, "to": 9})))
    assert needs_single_events(parse({"sequence": A_THEN_B}))


def test_a_later_first_step_counts_when_the_first_one_came_too_early() -> None:
    history = History((at(-9, "a"), at(-1, "a"), at(0, "b")))
    assert who({"sequence": A_THEN_B}, history) == ["ann"]


def test_an_earlier_way_counts_when_the_latest_step_leads_nowhere() -> None:
    # The second a has no b behind it, and the last c is too late after the first b.
    steps = [*A_THEN_B, {"event": "c", "within": {"hours": 1}}]
    history = History((at(-5, "a"), at(-4, "b"), at(-3, "c"), at(-2, "a"), at(0, "c")))
    assert who({"sequence": steps}, history) == ["ann"]
    assert who({"sequence": steps}, History((at(-5, "a"), at(-4, "b"), at(0, "c")))) == []


def test_exactly_as_long_is_within_and_the_same_instant_is_not_after() -> None:
    microsecond = 1 / 3_600_000_000
    events = [at(-5, "a", user) for user in ("exact", "late", "same", "only b")]
    events += [at(-3, "b", "exact"), at(-3 + microsecond, "b", "late"), at(-5, "b", "same")]
    assert who({"sequence": A_THEN_B}, History(tuple(events))) == ["exact"]


def test_one_event_is_not_two_steps() -> None:
    twice = {"sequence": [{"event": "a"}, {"event": "a"}]}
    assert who(twice, History((at(-1, "a"), at(-1, "b")))) == []
    assert who(twice, History((at(-1, "a"), at(-2, "a")))) == ["ann"]


def test_a_window_holds_all_steps_or_none() -> None:
    history = History((at(-30, "a"), at(0, "b")))
    chain = {"sequence": [{"event": "a"}, {"event": "b"}]}
    assert who(chain, history) == ["ann"]
    assert who({**chain, "within": {"days": 2}}, history) == ["ann"]
    assert who({**chain, "within": {"days": 1}}, history) == []
    assert who({**chain, "before": "2026-10-31"}, history) == []


def test_a_sequence_with_an_unknown_event_has_happened_to_nobody() -> None:
    chain = {"sequence": [{"event": "a"}, {"event": "never"}]}
    history = History((at(-1, "a"),))
    assert who(chain, history) == []
    assert who({"not": chain}, history) == ["ann"]


def test_conditions_of_steps_that_are_equal_in_python_stay_apart() -> None:
    def chain(value: Any) -> dict[str, Any]:
        return {
            "sequence": [{"event": "a", "where": [{"property": "x", "eq": value}]}, {"event": "b"}]
        }

    history = History((Event("ann", "a", NOON, {"x": 1}), at(1, "b")))
    assert who({"all": [chain(1), {"not": chain(True)}]}, history) == ["ann"]


def test_too_many_different_sequences_are_refused() -> None:
    many = [
        {"sequence": [{"event": "a"}, {"event": "b", "within": {"hours": n}}]} for n in range(1, 22)
    ]
    history = History((at(-1, "a"), at(0, "b")))
    assert who({"any": many[:20] * 2}, history) == ["ann"]
    with pytest.raises(InvalidInput, match="more than 20 different sequences"):
        who({"any": many}, history)
