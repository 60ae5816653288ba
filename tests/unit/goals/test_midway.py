"""The end of a goal, seen from one of its nights."""

import pytest

from intent_segments.goals.midway import Ending, ForecastError, ending

ERROR = ForecastError(value=1_000.0, scale=0.15, freedom=9)


def seen(did=500, expected=500.0, remaining=500.0, left=0.5):
    return ending(
        ERROR,
        did=did,
        expected_by_now=expected,
        remaining=remaining,
        part_left=left,
        members=20_000,
    )


def test_on_course_the_end_is_what_came_and_what_remains():
    assert seen().value == pytest.approx(1_000)


def test_the_interval_closes_as_the_period_passes():
    widths = []
    for left in (1.0, 0.75, 0.5, 0.25, 0.05):
        did = round(1_000 * (1 - left))
        low, high = seen(did, float(did), 1_000 - did, left).interval(80)
        assert did < low < 1_000 < high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)


def test_when_the_period_is_over_nothing_is_open():
    over = seen(did=950, expected=1_000.0, remaining=0.0, left=0.0)
    assert over.value == 950
    assert over.interval(95) == (950, 950)
    assert (over.reached(950, "maximize"), over.reached(951, "maximize")) == (1.0, 0.0)


def test_a_surplus_goes_on_in_part():
    ahead, behind = seen(did=600), seen(did=400)
    assert 600 + 500 < ahead.value < 600 + 500 * 1.2
    assert 400 + 500 * 0.8 < behind.value < 400 + 500


def test_a_surplus_of_a_handful_is_chance():
    few = seen(did=6, expected=5.0, remaining=5.0)
    many = seen(did=6_000, expected=5_000.0, remaining=5_000.0)
    assert few.remaining / 5 < many.remaining / 5_000


def test_interval_and_probability_agree():
    found = seen()
    low, high = found.interval(80)
    assert found.reached(low, "maximize") == pytest.approx(0.9, abs=1e-6)
    assert found.reached(high, "maximize") == pytest.approx(0.1, abs=1e-6)


def test_to_minimise_a_number_is_reached_by_staying_at_or_below_it():
    found = seen()
    assert found.reached(499, "minimize") == 0.0
    assert found.reached(1_000, "minimize") == pytest.approx(1 - found.reached(1_001, "maximize"))


def test_no_more_than_the_members_can_do_it():
    full = Ending(did=90, remaining=20.0, scale=0.5, freedom=9, most=100)
    assert full.value == 100
    assert full.interval(95)[1] == 100
    assert full.reached(101, "maximize") == 0.0
