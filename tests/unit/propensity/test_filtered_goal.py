"""A goal on events whose properties fit: exactly those count, everywhere, and no later one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from intent_segments.lake.tables import Tables
from intent_segments.propensity.backtest import backtest
from intent_segments.propensity.drivers import drivers
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.goal_history import GoalHistory
from intent_segments.propensity.history import load_history
from intent_segments.propensity.labels import GoalDays
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse as parse_definition
from intent_segments.segments.goal_event import GoalEvent, parse
from tests.fixtures.charges import Happened, charges, tables_of_events
from tests.fixtures.histories import START

AS_OF, HORIZON = START + 160, 14
VISITORS = parse_definition({"did": {"event": "Visit"}})


def event(*conditions: dict[str, Any]) -> GoalEvent:
    return parse({"event": "Charged", "where": list(conditions)}, "events[0]")


LARGE = event({"property": "amount", "gte": 60})
HUGE = event({"property": "amount", "gte": 100})
PRO = event({"property": "plan", "eq": "pro"}, {"property": "amount", "lt": 30})
FITS = {
    "Charged": lambda p: True,
    LARGE.words: lambda p: p["amount"] >= 60,
    HUGE.words: lambda p: p["amount"] >= 100,
    PRO.words: lambda p: p["plan"] == "pro" and p["amount"] < 30,
    "Visit": lambda p: True,
}
"""Each event's words -> whether properties fit, written without the product."""


@cache
def world() -> tuple[list[Happened], Tables]:
    happened = charges()
    return happened, tables_of_events(happened)


def fits(h: Happened, wanted: str | GoalEvent) -> bool:
    name, words = (wanted, wanted) if isinstance(wanted, str) else (wanted.event, wanted.words)
    return h.event == name and FITS[words](h.properties)


def question(*events: str | GoalEvent, match: str = "any", as_of: int = AS_OF) -> Question:
    return Question(VISITORS, events, match, as_of, HORIZON)  # type: ignore[arg-type]


GOALS = [
    ((LARGE,), "any"),
    ((LARGE, HUGE), "any"),
    ((LARGE, PRO), "all"),
    (("Charged", LARGE), "all"),
    (("Visit", HUGE), "all"),
    ((PRO, "Visit"), "any"),
]


@pytest.mark.parametrize(("events", "match"), GOALS)
def test_who_did_it_and_how_often_equal_a_count_by_hand(events: Any, match: str) -> None:
    happened, tables = world()
    history = load_history(tables, AS_OF + HORIZON)
    found = GoalHistory.of(tables, history, events)
    users = np.arange(len(history.uh), dtype=np.int32)
    did = GoalDays.of(found.history, found.goal, match).within(users, AS_OF, HORIZON)  # type: ignore[arg-type]
    inside = [h for h in happened if AS_OF < h.day <= AS_OF + HORIZON]
    done = [{h.uh for h in inside if fits(h, wanted)} for wanted in events]
    expected = set.intersection(*done) if match == "all" else set.union(*done)
    assert set(history.uh[did].tolist()) == expected
    assert 0 < len(expected) < len(users)
    # An event that fits two entries is one event.
    counted = sum(any(fits(h, wanted) for wanted in events) for h in inside)
    everybody = np.ones(len(users), bool)
    assert found.done.total(everybody, AS_OF, AS_OF + HORIZON) == counted


def test_history_with_filtered_events_is_in_its_order_and_only_adds_rows() -> None:
    _, tables = world()
    history = load_history(tables, AS_OF)
    found = GoalHistory.of(tables, history, (LARGE, HUGE)).history
    assert (np.diff(found.user) >= 0).all()
    old = found.event <= history.event.max()
    assert np.array_equal(found.user[old], history.user)
    assert np.array_equal(found.count[old], history.count)
    assert (~old).sum() > 0


def test_a_plain_goal_never_looks_at_single_events() -> None:
    tables = tables_of_events(charges(users=50))
    tables.con.execute("DROP TABLE events")
    history = load_history(tables, AS_OF)
    assert GoalHistory.of(tables, history, ("Charged",)).history is history


def test_a_filter_on_an_event_that_never_happened_is_done_by_nobody() -> None:
    _, tables = world()
    history = load_history(tables, AS_OF)
    never = GoalEvent("Refunded", ({"property": "amount", "gte": 1},))
    found = GoalHistory.of(tables, history, (never,))
    users = np.arange(len(history.uh), dtype=np.int32)
    assert not GoalDays.of(found.history, found.goal, "any").within(users, START, 100).any()


def test_filters_that_read_alike_stay_apart() -> None:
    _, tables = world()
    one, two = (event({"property": "amount", "in": [1, 2, 3, last]}) for last in (4, 5))
    assert one.words == two.words
    found = GoalHistory.of(tables, load_history(tables, AS_OF), (one, two))
    assert len(set(found.goal)) == len(set(found.names)) == 2


@cache
def made() -> tuple[Evidence, Any]:
    evidence = Evidence.gather(world()[1], question(LARGE))
    return evidence, forecast(evidence)


def test_a_filtered_goal_expects_fewer_users_and_events_than_the_whole_event() -> None:
    narrow = made()[1]
    whole = forecast(Evidence.gather(world()[1], question("Charged")))
    assert 0 < narrow.value < whole.value
    assert 0 < narrow.events.value < whole.events.value


def test_the_forecast_learns_from_the_filtered_rhythm() -> None:
    evidence, found = made()
    happened, _ = world()
    assert found.model.plan.goal_events == ("Charged where amount >= 60",)
    users = evidence.members(AS_OF)
    repeats = evidence.rows(found.model.plan, users, AS_OF, HORIZON).beat.repeats
    days: dict[int, set[int]] = {}
    for h in happened:
        if h.day <= AS_OF and fits(h, LARGE):
            days.setdefault(h.uh, set()).add(h.day)
    expected = [max(len(days.get(int(uh), ())) - 1, 0) for uh in evidence.history.uh[users]]
    assert repeats.tolist() == expected


def test_drivers_name_the_filtered_event() -> None:
    evidence, found = made()
    conditions = [driver.signal.text for driver in drivers(evidence, found.model)]
    assert any("Charged where amount >= 60" in text for text in conditions), conditions


def test_a_backtest_of_a_filtered_goal_counts_what_really_fitted() -> None:
    happened, tables = world()
    [origin] = backtest(tables, question(LARGE), [AS_OF]).origins
    later = {h.uh for h in happened if AS_OF < h.day <= AS_OF + HORIZON and fits(h, LARGE)}
    assert origin.actual == len(later)
    assert origin.forecast is not None and origin.evaluation is not None


def test_no_later_event_changes_a_filtered_forecast() -> None:
    """The past alone, and the same past with a flood of fitting events behind it."""
    past = [h for h in charges() if h.day <= AS_OF]
    flood = [
        Happened(uh, "Charged", AS_OF + day, {"amount": 500.0, "plan": "pro"})
        for uh in {h.uh for h in past}
        for day in (1, 2)
    ]
    asked = question(LARGE)
    before = forecast(Evidence.gather(tables_of_events(past), asked))
    after = forecast(Evidence.gather(tables_of_events(past + flood), asked))
    assert after.value == before.value
    assert after.curve == before.curve
    assert after.events == before.events
    assert np.array_equal(after.likelihood, before.likelihood)
