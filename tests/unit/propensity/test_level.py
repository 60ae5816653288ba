"""Who has a say in the count, and how much."""

import pytest

from intent_segments.propensity.level import combine

PARTS = {
    "linear": 100.0,
    "trees": 100.0,
    "buy_till_you_die": 200.0,
    "persistence": 100.0,
    "persistence_by_group": 100.0,
}


def test_without_known_errors_three_kinds_have_an_equal_say():
    level = combine(PARTS, 1_000, {})
    assert list(level.weights.values()) == pytest.approx([1 / 3] * 3)
    assert level.value == pytest.approx(100 * 2 ** (1 / 3))


def test_a_kind_that_was_far_off_again_and_again_loses_its_say():
    errors = {"learned": [0.05] * 6, "persistence": [-0.05] * 6, "buy_till_you_die": [-0.7] * 6}
    level = combine(PARTS, 1_000, errors)
    assert level.weights["buy_till_you_die"] < 0.03
    assert level.value == pytest.approx(100, rel=0.03)


def test_one_bad_month_costs_little_of_it():
    errors = {"learned": [0.0], "persistence": [0.0], "buy_till_you_die": [0.3]}
    assert combine(PARTS, 1_000, errors).weights["buy_till_you_die"] > 0.2


def test_a_forecaster_that_expects_nobody_cannot_veto_the_others():
    assert combine(PARTS | {"buy_till_you_die": 0.0}, 1_000, {}).value > 15


def test_never_more_than_everybody():
    assert combine(PARTS, 50, {}).value == 50
