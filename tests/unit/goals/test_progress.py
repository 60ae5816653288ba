from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from intent_segments.errors import CorruptObject
from intent_segments.goals.buckets import day0_cuts
from intent_segments.goals.progress import GoalNight, GoalTally, predicted_by
from tests.unit.store.stack import tally

CUTS = day0_cuts({900_000: 3, 100_000: 1}, "maximize")


def test_merging_is_adding_in_any_order() -> None:
    assert tally(1) + tally(2) + tally(0) == tally(0) + tally(1) + tally(2)
    assert (tally(1) + tally(2)).members == 8


def test_nobody_adds_nothing() -> None:
    assert tally(1) + GoalTally() == GoalTally() + tally(1) == tally(1)


def test_a_tally_comes_back_from_json() -> None:
    assert GoalTally.from_json(tally(2).to_json()) == tally(2)


def test_a_tally_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(CorruptObject, match="open = sum of open_by_bucket"):
        replace(tally(1), open_by_bucket=(9, 9, 9)).check()


def test_an_incomplete_tally_is_refused() -> None:
    with pytest.raises(CorruptObject, match="incomplete"):
        GoalTally.from_json({"members": 1})


def test_the_expected_end_is_who_did_it_plus_the_likelihoods_of_the_others() -> None:
    night = GoalNight(date(2026, 11, 21), tally(1), "maximize", CUTS)
    assert night.expected_users == 1 + 3 * 0.5


def test_when_minimizing_the_unwanted_event_is_expected_of_the_rest() -> None:
    some = replace(tally(1), achieved=0, lost=1, likelihood=2_700_000)
    night = GoalNight(date(2026, 11, 21), some, "minimize", CUTS)
    assert (night.did, night.expected_users) == (1, 1.3)


def test_predicted_so_far_is_the_point_of_the_day() -> None:
    curve = [
        {"date": "2026-11-21", "value": 1.0, "low80": 0.0, "high80": 2.0},
        {"date": "2026-11-22", "value": 2.0, "low80": 1.0, "high80": 3.0},
    ]
    assert predicted_by(curve, date(2026, 11, 20)) is None
    assert predicted_by(curve, date(2026, 11, 21)) == {"value": 1.0, "low80": 0.0, "high80": 2.0}
    assert predicted_by(curve, date(2026, 12, 31)) == {"value": 2.0, "low80": 1.0, "high80": 3.0}
    assert predicted_by([], date(2026, 12, 31)) is None
