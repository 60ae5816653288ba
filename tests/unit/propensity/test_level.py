"""Who has a say in the count, and how much."""

import pytest

from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast
from intent_segments.propensity.level import combine, constant_error
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, tables_of

PARTS = {
    "linear": 100.0,
    "trees": 100.0,
    "buy_till_you_die": 200.0,
    "paces": 200.0,
    "persistence": 100.0,
    "persistence_by_group": 100.0,
}


def test_without_known_errors_every_kind_has_the_say_it_begins_with():
    level = combine(PARTS, 1_000, {})
    said = {"learned": 0.2, "buy_till_you_die": 0.3, "paces": 0.3, "persistence": 0.2}
    assert level.weights == pytest.approx(said)
    assert level.value == pytest.approx(100 * 2**0.6)


def test_a_kind_that_was_far_off_this_way_and_that_loses_its_say():
    errors = {
        "learned": [0.05, -0.05] * 3,
        "persistence": [-0.05, 0.05] * 3,
        "buy_till_you_die": [-0.7, 0.7] * 3,
    }
    level = combine({**PARTS, "paces": 100.0}, 1_000, errors)
    assert level.weights["buy_till_you_die"] < 0.05
    assert level.value == pytest.approx(100, rel=0.04)


def test_a_kind_that_is_wrong_by_the_same_every_time_is_corrected_by_most_of_it():
    alone = {"buy_till_you_die": 200.0}
    level = combine(alone, 1_000, {"buy_till_you_die": [-0.4] * 6})
    assert 200 * 0.67 < level.value < 200 * 0.8
    assert combine(alone, 1_000, {"buy_till_you_die": [-0.4, 0.4] * 3}).value == pytest.approx(200)


def test_one_error_is_no_reason_to_correct():
    assert constant_error([0.5], news=1.0) == 0.0


def test_overlapping_windows_count_for_less():
    errors = [0.2, 0.1, 0.25, 0.15]
    assert 0 < constant_error(errors, news=0.3) < constant_error(errors, news=1.0) < 0.175


def test_one_bad_month_costs_little_of_it():
    errors = {"learned": [0.0], "persistence": [0.0], "buy_till_you_die": [0.3]}
    assert combine(PARTS, 1_000, errors).weights["buy_till_you_die"] > 0.15


def test_a_forecaster_that_expects_nobody_cannot_veto_the_others():
    assert combine(PARTS | {"buy_till_you_die": 0.0}, 1_000, {}).value > 4


def test_never_more_than_everybody():
    assert combine(PARTS, 50, {}).value == 50


def test_after_a_year_the_season_has_a_say():
    """Shares double every spring; the year before says so, the window just past cannot."""
    rows = []
    for user in range(400):
        rows.append((user, "visit", START, 1))
        for day in range(1, 700):
            spring = (day - 330) % 364 < 60
            if (day * 7919 + user * 104_729) % 1_000 < (24 if spring else 12):
                rows.append((user, "buy", START + day, 1))
    now = START + 330 + 364 - 1
    asked = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", now, 28)
    parts = forecast(Evidence.gather(tables_of(rows), asked)).level.parts
    assert parts["last_year"] > 1.3 * parts["persistence"]


def test_within_the_first_year_there_is_no_season():
    rows = [(user, "buy", START + day, 1) for user in range(60) for day in range(user % 9, 200, 9)]
    asked = Question(parse({"did": {"event": "buy"}}), ("buy",), "any", START + 199, 28)
    assert "last_year" not in forecast(Evidence.gather(tables_of(rows), asked)).level.parts
