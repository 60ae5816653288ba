"""Intervals: their width, their edges, their probabilities."""

from math import exp, log

import numpy as np
import pytest

from intent_segments.propensity.interval import Past, spread


def wrong_by(*log_errors, count=1_000_000):
    """Past forecasts with these errors, of counts so large that chance plays no part."""
    return [Past(count, round(count * exp(error))) for error in log_errors]


def test_without_past_origins_the_prior_alone_speaks():
    bounds = spread(1_000, [], 5_000).interval(80)
    assert bounds.low == pytest.approx(824, abs=2)
    assert bounds.high == pytest.approx(1_199, abs=2)


def test_small_past_errors_narrow_and_large_ones_widen():
    def width(errors):
        bounds = spread(1_000, wrong_by(*errors), 5_000).interval(80)
        return bounds.high - bounds.low

    assert width([0.01] * 6) < width([]) < width([0.4] * 6)


def test_the_chance_in_small_past_counts_is_not_taken_for_error():
    """Counts of 25 scatter by 20 % by chance alone; counts of a million do not."""
    errors = (0.2, -0.2, 0.2, -0.2)
    small = spread(10_000, wrong_by(*errors, count=25), 1e9)
    large = spread(10_000, wrong_by(*errors), 1e9)
    assert small.scale < 0.6 * large.scale


def test_what_else_is_not_known_widens():
    assert spread(1_000, [], 5_000, further=0.04).scale > spread(1_000, [], 5_000).scale


def test_a_small_count_is_less_sure_than_a_large_one():
    few, many = spread(10, [], 1e6).interval(80), spread(10_000, [], 1e6).interval(80)
    assert few.high / 10 > many.high / 10_000


def test_no_bound_exceeds_the_target_group():
    assert spread(90, wrong_by(*[0.5] * 6), 100).interval(95).high == 100


def test_the_interval_and_the_probability_of_a_number_agree():
    found = spread(1_000, wrong_by(0.1, -0.2, 0.15), 1e6)
    assert found.reached(found.interval(80).low) == pytest.approx(0.9, abs=0.005)
    assert found.reached(found.interval(80).high) == pytest.approx(0.1, abs=0.005)
    assert found.reached(found.even) == pytest.approx(0.5)


def test_intervals_hold_what_they_promise_when_errors_repeat_themselves():
    """The error of each forecast is drawn as the past ones were: 80 % intervals hold 80 %."""
    random = np.random.default_rng(5)
    held = []
    for _ in range(2_000):
        errors = random.normal(0, 0.12, 7)
        actual = 10_000 * np.exp(errors[-1])
        bounds = spread(10_000, wrong_by(*errors[:-1]), 1e9).interval(80)
        held.append(bounds.low <= actual <= bounds.high)
    assert 0.77 <= np.mean(held) <= 0.84


def test_zero_expected_users_start_the_interval_at_zero():
    found = spread(0.2, [], 1_000)
    assert found.interval(80).low == 0
    assert found.reached(log(1)) == 1


def test_one_shutdown_among_six_months_does_not_speak_louder_than_the_others():
    calm, shutdown = wrong_by(*[0.05] * 6), wrong_by(*[0.05] * 5, -6.0)
    assert spread(1_000, shutdown, 1e6).scale < 5 * spread(1_000, calm, 1e6).scale
    assert spread(1_000, shutdown, 1e6).interval(80).high < 2_000


def test_bounds_are_whole_numbers_that_counts_can_be():
    bounds = spread(7.3, [], 1_000).interval(80)
    assert (bounds.low % 1, bounds.high % 1) == (0, 0)
    assert spread(0.05, [], 1_000).interval(95).low == 0
