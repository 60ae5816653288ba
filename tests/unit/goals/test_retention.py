from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from intent_segments.goals.goal import Goal, ScoreFiles, Status
from intent_segments.goals.retention import KEPT_DAYS, is_kept, is_shown, kept_days
from intent_segments.goals.rolling import window_that_ends
from tests.unit.store.stack import a_goal, terms

CLOSED = date(2026, 11, 20)
DAY_0 = date(2026, 1, 31)


def goal(last: date = CLOSED, rolling_days: int | None = None) -> Goal:
    asked = replace(terms(as_of=DAY_0), rolling_days=rolling_days)
    if rolling_days:
        asked = replace(asked, ends_on=None)
    files = ScoreFiles(DAY_0, 1, 2)
    return a_goal(
        terms=asked, status=Status.ACTIVE, day0_scores=files, scores=replace(files, date=last)
    )


def ago(days: int) -> date:
    return CLOSED - timedelta(days=days)


@pytest.mark.parametrize(
    ("night", "shown", "kept"),
    [
        pytest.param(CLOSED, True, True, id="tonight"),
        pytest.param(ago(34), True, True, id="the 35th night"),
        pytest.param(ago(35), False, True, id="an export of it may still be under way"),
        pytest.param(ago(41), False, True, id="the last day on which one may"),
        pytest.param(ago(42), False, False, id="nobody can want it"),
        pytest.param(DAY_0, True, True, id="day 0"),
    ],
)
def test_35_nights_are_shown_and_a_week_more_is_kept(night: date, shown: bool, kept: bool) -> None:
    assert (is_shown(goal(), night, CLOSED), is_kept(goal(), night, CLOSED)) == (shown, kept)


def test_the_last_night_of_a_goal_stays_for_ever() -> None:
    last = ago(200)
    assert is_shown(goal(last), last, CLOSED) and is_kept(goal(last), last, CLOSED)
    assert not is_kept(goal(last), ago(199), CLOSED)


def test_nothing_is_removed_of_a_goal_whose_set_up_may_be_under_way() -> None:
    waiting = a_goal(terms=terms(as_of=DAY_0))
    assert is_kept(waiting, DAY_0, CLOSED)


@pytest.mark.parametrize("rolling_days", [1, 35, 42, 60, 90])
def test_the_window_that_a_night_judges_is_there_for_the_next_night_and_a_week_of_repeats(
    rolling_days: int,
) -> None:
    rolling = goal(rolling_days=rolling_days)
    for night in (CLOSED + timedelta(days=1), *(ago(days) for days in range(7))):
        began = window_that_ends(rolling.terms, night)
        assert began is not None and is_kept(rolling, began, CLOSED)
    assert kept_days(rolling.terms) == max(KEPT_DAYS, rolling_days + 7)
