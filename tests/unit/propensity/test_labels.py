"""What counts as doing it, and when."""

import numpy as np
import pytest

from intent_segments.propensity.goal_history import GoalHistory
from intent_segments.propensity.history import NEVER, load_history
from intent_segments.propensity.labels import GoalDays
from tests.fixtures.histories import START, tables_of

ROWS = [
    (1, "buy", START + 3, 1),
    (1, "buy", START + 10, 2),
    (1, "rate", START + 12, 1),
    (2, "buy", START + 10, 1),
    (3, "visit", START, 1),
]


def goal(events, match="any"):
    tables = tables_of(ROWS)
    found = GoalHistory.of(tables, load_history(tables, START + 30), events)
    return GoalDays.of(found.history, found.goal, match)


EVERYBODY = np.arange(3, dtype=np.int32)


def test_the_day_of_the_cutoff_is_history_and_the_day_after_counts():
    days = goal(("buy",))
    assert days.within(EVERYBODY, START + 10, 5).tolist() == [False, False, False]
    assert days.within(EVERYBODY, START + 9, 5).tolist() == [True, True, False]


def test_the_last_day_of_the_horizon_counts_and_the_day_after_does_not():
    days = goal(("buy",))
    assert days.within(EVERYBODY, START + 5, 5).tolist() == [True, True, False]
    assert days.within(EVERYBODY, START + 5, 4).tolist() == [False, False, False]


def test_match_all_is_reached_on_the_day_of_the_last_missing_event():
    days = goal(("buy", "rate"), "all")
    assert days.achieved_on(EVERYBODY, START + 5).tolist() == [START + 12, NEVER, NEVER]


def test_match_any_is_reached_on_the_day_of_the_first_event():
    days = goal(("buy", "rate"))
    assert days.achieved_on(EVERYBODY, START + 10).tolist() == [START + 12, NEVER, NEVER]


@pytest.mark.parametrize("match", ["any", "all"])
def test_an_event_that_never_happened_is_done_by_nobody(match):
    assert not goal(("no such event",), match).within(EVERYBODY, START - 1, 365).any()
