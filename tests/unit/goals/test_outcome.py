from __future__ import annotations

import pytest

from intent_segments.goals.goal import Direction
from intent_segments.goals.newcombe import newcombe95
from intent_segments.goals.outcome import (
    arms_verdict,
    difference,
    narrowest,
    outcome_sentence,
    percentile,
    reached,
    target_sentence,
)
from intent_segments.goals.progress import Converted
from intent_segments.propensity.interval import spread

INTERVALS = {
    "95": {"low": 60, "high": 150},
    "50": {"low": 90, "high": 110},
    "80": {"low": 80, "high": 125},
}


@pytest.mark.parametrize(
    ("did", "users", "did_other", "users_other", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    did: int, users: int, did_other: int, users_other: int, low: float, high: float
) -> None:
    """Newcombe 1998, Statistics in Medicine 17:873, table II, method 10, contrasts (a) to (h)."""
    found = newcombe95(did, users, did_other, users_other)
    assert found == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("actual", "within"), [(100, "50"), (90, "50"), (85, "80"), (149, "95"), (151, None), (0, None)]
)
def test_an_outcome_fell_into_the_narrowest_interval_that_holds_it(
    actual: int, within: str | None
) -> None:
    assert narrowest(INTERVALS, actual) == within


def test_the_place_in_the_forecast_is_that_of_the_forecasts_own_distribution() -> None:
    """Against scipy's Student t, by way of the chance that as many come."""
    said = spread(430.0, (), most=10_000)
    for actual in (200, 380, 430, 600):
        place = percentile(said.value, said.scale, said.freedom, actual)
        assert place == pytest.approx(1 - said.reached(actual), abs=1e-6)
    assert 0 <= percentile(said.value, said.scale, said.freedom, 0) < 0.001


@pytest.mark.parametrize(
    ("direction", "actual", "over", "told"),
    [
        ("maximize", 50, False, True),
        ("maximize", 49, False, None),
        ("maximize", 49, True, False),
        ("minimize", 51, False, False),
        ("minimize", 50, False, None),
        ("minimize", 50, True, True),
    ],
)
def test_a_target_is_open_until_the_period_or_the_number_decides(
    direction: Direction, actual: int, over: bool, told: bool | None
) -> None:
    assert reached(direction, actual, 50, over) is told


def test_arms_that_chance_explains_are_told_as_chance() -> None:
    found = difference(Converted(950, 95), Converted(50, 4))
    assert found is not None and not found.beyond_chance
    assert found.value == pytest.approx(0.02)
    said = arms_verdict(found)
    assert "+2.00 points" in said and "chance makes of two groups" in said
    assert "Nothing was engaged through this goal" in said


def test_arms_beyond_chance_are_told_with_what_cannot_be_known() -> None:
    found = difference(Converted(9_500, 1_900), Converted(500, 50))
    assert found is not None and found.beyond_chance
    said = arms_verdict(found)
    assert "if your own campaigns left the control group out" in said and "1 of 20" in said


def test_an_empty_arm_is_compared_with_nothing() -> None:
    assert difference(Converted(10, 3), Converted()) is None
    assert "nothing to compare" in arms_verdict(None)


def test_the_sentences_carry_the_numbers() -> None:
    predicted = {"value": 430.4, "intervals": INTERVALS, "within": "50"}
    assert outcome_sentence(100, 9_800, predicted, True) == (
        "100 of 9,800 members did it; 430 were predicted (80 %: 80 to 125): inside the 50 % "
        "interval."
    )
    outside = outcome_sentence(1, 9_800, predicted | {"within": None}, False)
    assert "did it so far" in outside and "outside every interval" in outside
    target = {
        "metric": "users",
        "value": 500,
        "actual": 412,
        "reached": False,
        "probability": 0.31,
    }
    assert target_sentence(target) == (
        "The target of 500 users was missed: 412; day 0 gave it 31 %."
    )
    assert "still open" in target_sentence(target | {"reached": None, "probability": None})
