"""Intervals that may be looked at every day."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from scipy.stats import beta, norm

from bench import looking
from bench.looking import Campaign, looked_at
from intent_segments.campaigns.arms import Arm, information
from intent_segments.campaigns.daily import daily
from intent_segments.campaigns.effect import (
    always_valid,
    at_limit,
    difference,
    mixture_limit,
    repeated,
)
from intent_segments.campaigns.jeffreys import jeffreys
from intent_segments.campaigns.looks import WIDEST, crossing, limits, spent

POCOCK = {5: 2.413, 10: 2.555, 20: 2.672}
OBRIEN_FLEMING = (4.562, 3.226, 2.634, 2.281, 2.040)
"""Two-sided limits for 5 %: Jennison and Turnbull 2000, tables 2.1 and 2.3."""

LAN_DEMETS = (4.877, 3.357, 2.680, 2.290, 2.031)
"""Five even looks with O'Brien and Fleming's spending, as the R packages gsDesign and rpact say."""


def test_obrien_and_flemings_limits_are_passed_in_5_of_100_cases():
    assert crossing(OBRIEN_FLEMING, (1, 2, 3, 4, 5)) == pytest.approx(0.05, abs=2e-5)


@pytest.mark.parametrize(("looks", "limit"), POCOCK.items())
def test_pococks_limits_are_passed_in_5_of_100_cases(looks, limit):
    assert crossing([limit] * looks, range(1, looks + 1)) == pytest.approx(0.05, abs=1e-4)


def test_the_limits_that_spend_5_percent_are_the_published_ones():
    assert limits(5, 5, alpha=0.05) == pytest.approx(LAN_DEMETS, abs=5e-4)


def test_daily_limits_spend_what_is_allowed_and_no_more():
    found = limits(60, 60)
    assert crossing(found, range(1, 61)) == pytest.approx(0.04, abs=1e-6)
    assert found[0] == WIDEST and list(found) == sorted(found, reverse=True)
    assert found[-1] < 2.28  # 16 % wider than one look


def test_half_a_year_of_limits_is_right_too():
    assert crossing(limits(180, 180), range(1, 181)) == pytest.approx(0.04, abs=1e-5)


def test_walks_pass_the_limits_as_often_as_is_computed():
    random = np.random.default_rng(1)
    steps = random.standard_normal((20_000, 60)).cumsum(1)
    z = np.abs(steps) / np.sqrt(np.arange(1, 61))
    passed = (z > np.array(limits(60, 60))).any(1).mean()
    assert passed == pytest.approx(0.04, abs=0.005)


def test_the_first_looks_of_a_period_do_not_depend_on_the_later_ones():
    assert limits(60, 20) == limits(60, 60)[:20]


def test_limits_follow_the_information_that_came():
    late = tuple(1.1**day for day in range(60))
    found = limits(60, 60, late)
    assert crossing(found, late) == pytest.approx(0.04, abs=1e-5)
    assert found[-1] > limits(60, 60)[-1]  # its looks are more independent of one another


def test_a_day_without_news_has_the_limit_of_the_day_before():
    found = limits(10, 10, (0, 0, 1, 2, 2, 2, 3, 4, 5, 6))
    assert found[:2] == (WIDEST, WIDEST) and found[3] == found[4] == found[5] > found[6]


def test_all_is_spent_at_the_end_and_almost_nothing_at_first():
    assert spent(1.0) == pytest.approx(0.04) and spent(0.1) < 1e-9


def test_jeffreys_limits_are_quantiles_of_the_beta_distribution():
    random = np.random.default_rng(2)
    for _ in range(300):
        users = int(10 ** random.uniform(0, 6))
        did = int(random.binomial(users, random.choice([0, 0.0001, 0.01, 0.3, 0.99, 1])))
        z = random.uniform(0.1, WIDEST)
        low = beta.ppf(norm.sf(z), did + 0.5, users - did + 0.5) if did else 0
        high = beta.isf(norm.sf(z), did + 0.5, users - did + 0.5) if did < users else 1
        assert jeffreys(did, users, z) == pytest.approx((low, high), rel=1e-6, abs=1e-300)


def test_the_mixture_is_passed_in_at_most_5_of_100_cases_without_any_end():
    random = np.random.default_rng(3)
    days = np.arange(1, 1_001)
    limit = [mixture_limit(tuple(days[:day])) for day in days[:200]]
    limit += [
        sqrt((1 + 1 / v) * (log(400) + log(1 + v))) for v in days[200:] * 8.4 / 60
    ]  # what it is where information is even
    z = np.abs(random.standard_normal((2_000, 1_000)).cumsum(1)) / np.sqrt(days)
    assert 0.01 < (z > limit).any(1).mean() < 0.05


def test_the_mixture_is_sharpest_after_60_days():
    even = information([5 * day for day in range(1, 241)], 1_000_000)
    found = [mixture_limit(even[:day]) for day in (20, 40, 60, 120, 240)]
    assert min(found) == found[2] and found[2] < 1.6 * 1.96


def test_where_conversions_come_ever_faster_the_clock_does_too():
    even = [10 * day for day in range(1, 61)]
    faster = [int(1.1**day) + 9 for day in range(1, 61)]
    users = 1_000_000
    assert mixture_limit(information(faster, users)) > mixture_limit(information(even, users))
    burst = [0] * 59 + [600]  # one effective look, which nobody could peek at before
    assert mixture_limit(information(burst, users)) == pytest.approx(
        mixture_limit(information(even, users)), abs=0.02
    )


PATHS = {
    "even": np.arange(1, 61) / 60,
    "early": 1 - np.exp(-np.arange(1, 61) / 10),
    "late": np.expm1(np.arange(1, 61) / 12) / np.expm1(5),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("truth", [0.2, 0.5, 1, 2])
def test_with_a_forecast_the_last_interval_is_sharp_however_conversions_come(path, truth):
    """`truth` is what comes, in parts of the forecast."""
    share = 0.01 * truth * PATHS[path] / PATHS[path][-1]
    users = 1_000_000
    knows = information([int(users * part) for part in share], users)
    [promised] = information([0.01 * users], users)
    assert mixture_limit(knows, promised) < 1.6 * 1.96


@pytest.mark.parametrize("path", PATHS)
def test_with_a_forecast_the_mixture_is_passed_in_at_most_5_of_100_cases(path):
    random = np.random.default_rng(11)
    knows = PATHS[path] / PATHS[path][-1]
    steps = np.sqrt(np.diff(knows, prepend=0.0)) * random.standard_normal((20_000, 60))
    z = np.abs(steps.cumsum(1)) / np.sqrt(knows)
    for forecast in (0.3, 1.0, 3.0):
        limit = [mixture_limit(tuple(knows[:day]), forecast) for day in range(1, 61)]
        assert 0.001 < (z > limit).any(1).mean() < 0.05


def test_before_anybody_did_it_a_forecast_says_nothing():
    assert mixture_limit((0.0, 0.0), 0.1) == WIDEST
    both = Arm(950, 0), Arm(50, 0)
    assert daily(60, [None, both], 40.0).mixture == WIDEST
    assert daily(60, [None], 40.0).mixture == daily(60, [None]).mixture


def test_a_safe_interval_is_never_sharper_than_one_look():
    for did in (0, 1, 4, 50, 500):
        test, control = Arm(9_500, 10 * did), Arm(500, did)
        once = difference(test, control)
        knows = information([11 * did] * 60, 10_000)
        for safe in (repeated(test, control, 60, 60), always_valid(test, control, knows)):
            assert safe.value == once.value
            assert safe.low <= once.low and safe.high >= once.high


def test_an_early_look_is_wider_than_a_late_one():
    test, control = Arm(9_500, 300), Arm(500, 15)
    early, late = repeated(test, control, 10, 60), repeated(test, control, 60, 60)
    assert early.low < late.low and early.high > late.high


@pytest.mark.parametrize(
    "campaign",
    [Campaign(2_000, 0.01), Campaign(10_000, 0.02, 0.5), Campaign(20_000, 0.05, path="early")],
)
def test_daily_looks_miss_in_under_5_of_100_campaigns(campaign):
    found = looked_at(campaign, trials=120, seed=5)
    assert found.naive > 0.1  # who looks daily at 1.96 standard errors is fooled
    assert found.repeated < 0.08 and found.always_valid < 0.05  # 120 trials: 0.04 +- 0.018
    assert found.always_valid_width <= 1.6 and found.repeated_width < 1.2
    assert 0.9 <= found.newcombe <= 1.0


def test_the_quick_look_of_the_benchmark_leaves_no_miss_out():
    for pairs in looking.drawn(Campaign(4_000, 0.01), trials=40, seed=6):
        for day in pairs[::5]:
            for z in (2.2, 3.1, 5.0):
                missed = not looking.holds(at_limit(*day, z), 0.0)
                assert looking.misses(day, z, 0.0) == missed
