"""Intervals of differences and ratios, beside published tables and statsmodels."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from statsmodels.stats.proportion import confint_proportions_2indep

from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.effect import difference, incremental
from intent_segments.campaigns.score import (
    relative_lift,
    score_difference,
    stratified_difference,
)
from intent_segments.errors import InvalidInput
from intent_segments.goals.newcombe import newcombe95

PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1705, 0.8090), (0.1700, 0.8406)),
    ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0326, 0.1933)),
    ((0, 10, 0, 10), (-0.2775, 0.2775), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.6791, 1.0000), (0.7156, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000), (0.6636, 1.0000)),
]
"""Newcombe 1998, table II: counts, method 10, method 6 (Miettinen and Nurminen)."""


def random_tables(count: int, seed: int) -> list[tuple[Arm, Arm]]:
    """Arms of many sizes and rates, most of them far apart in size."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        users, held = int(random.integers(5, 20_000)), int(random.integers(5, 2_000))
        rate = random.choice([0.002, 0.01, 0.1, 0.5, 0.95])
        did = int(random.binomial(users, min(1, rate * random.uniform(0.5, 1.05))))
        found.append((Arm(users, did), Arm(held, int(random.binomial(held, rate)))))
    return found


@pytest.mark.parametrize(("counts", "newcombe", "score"), PUBLISHED)
def test_the_intervals_are_those_of_newcombes_table(counts, newcombe, score):
    did, users, did_other, users_other = counts
    assert newcombe95(*counts) == pytest.approx(newcombe, abs=1e-4)
    found = score_difference(Arm(users, did), Arm(users_other, did_other))
    assert (found.low, found.high) == pytest.approx(score, abs=1e-4)


def test_newcombes_interval_is_that_of_statsmodels():
    for test, control in random_tables(300, seed=1):
        expected = confint_proportions_2indep(
            test.converted, test.users, control.converted, control.users, "newcomb", "diff"
        )
        found = difference(test, control)
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-7)
        assert found.value == test.rate - control.rate


def test_the_interval_of_the_ratio_is_that_of_statsmodels():
    compared = 0
    for test, control in random_tables(400, seed=2):
        if not (test.converted and control.converted):
            continue
        try:
            expected = confint_proportions_2indep(
                test.converted, test.users, control.converted, control.users, "score", "ratio"
            )
        except ValueError:  # its root search gives up on some tables
            continue
        found = relative_lift(test, control)
        assert (log(1 + found.low), log(1 + found.high)) == pytest.approx(
            tuple(map(log, expected)), abs=1e-6
        )
        compared += 1
    assert compared >= 200


def likeliest_variance(test: Arm, control: Arm, at: float) -> float:
    """By looking for the most likely rates that differ by `at`, without any formula."""

    def surprise(rate: float) -> float:
        return -sum(
            arm.converted * log(p) + (arm.users - arm.converted) * log(1 - p)
            for arm, p in ((test, rate + at), (control, rate))
        )

    bounds = (max(0, -at) + 1e-12, min(1, 1 - at) - 1e-12)
    rate = minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
    spread = (rate + at) * (1 - rate - at) / test.users + rate * (1 - rate) / control.users
    users = test.users + control.users
    return spread * users / (users - 1)


def test_the_score_interval_ends_where_the_likeliest_rates_are_two_errors_off():
    """Not beside statsmodels 0.15, whose cubic for differences takes a count for a size."""
    for test, control in random_tables(60, seed=3):
        value = test.rate - control.rate

        def distance(at: float, errors: float, test: Arm = test, control: Arm = control) -> float:
            spread = likeliest_variance(test, control, at) ** 0.5
            return (test.rate - control.rate - at) / spread - errors

        found = score_difference(test, control)
        low = brentq(distance, -0.999, value, (1.959964,))
        high = brentq(distance, value, 0.999, (-1.959964,))
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_strata_of_one_kind_are_the_whole():
    whole = score_difference(Arm(9_500, 950), Arm(500, 40))
    halves = stratified_difference([(Arm(4_750, 475), Arm(250, 20))] * 2)
    assert halves.value == pytest.approx(whole.value)
    assert (halves.low, halves.high) == pytest.approx((whole.low, whole.high), abs=1e-4)


def test_strata_undo_what_their_mixture_does():
    """Heavy users are over-represented in control: the plain difference is biased, strata not."""
    strata = [(Arm(9_000, 900), Arm(300, 30)), (Arm(1_000, 500), Arm(200, 100))]
    mixed = score_difference(Arm(10_000, 1_400), Arm(500, 130))
    found = stratified_difference(strata)
    assert mixed.high < 0 and found.value == pytest.approx(0) and found.low < 0 < found.high


def test_a_stratum_without_an_arm_tells_nothing():
    pair = (Arm(1_000, 100), Arm(50, 4))
    assert stratified_difference([pair, (Arm(500, 50), Arm(0, 0))]) == stratified_difference([pair])
    with pytest.raises(InvalidInput, match="no users"):
        stratified_difference([(Arm(500, 50), Arm(0, 0)), (Arm(0, 0), Arm(5, 1))])


def test_strata_hold_the_common_difference_in_95_of_100_cases():
    random, held = np.random.default_rng(4), 0
    for _ in range(250):
        strata = []
        for rate, users in ((0.02, 4_000), (0.1, 2_000)):
            control = int(random.binomial(users, 0.05))
            did = random.binomial(users - control, rate + 0.01), random.binomial(control, rate)
            strata.append((Arm(users - control, int(did[0])), Arm(control, int(did[1]))))
        found = stratified_difference(strata)
        held += found.low <= 0.01 <= found.high
    assert 0.91 <= held / 250 <= 0.99


@pytest.mark.parametrize(
    ("test", "control", "low", "high"),
    [((5, 0), (5, 0), -1.0, None), ((900, 9), (100, 0), None, None), ((900, 0), (100, 9), -1.0, 0)],
)
def test_a_ratio_has_no_bound_where_the_counts_set_none(test, control, low, high):
    found = relative_lift(Arm(*test), Arm(*control))
    assert found.low is not None and found.low >= -1
    if low is not None:
        assert found.low == low
    if high is None:
        assert found.high is None and found.value is None
    else:
        assert found.high < high


def test_users_are_the_difference_times_the_test_arm():
    test = Arm(1_000, 120)
    effect = difference(test, Arm(100, 10))
    users = incremental(effect, test)
    assert users.value == pytest.approx(20) and users.low == pytest.approx(1_000 * effect.low)


@pytest.mark.parametrize("compare", [difference, score_difference, relative_lift])
def test_an_arm_without_users_is_no_comparison(compare):
    with pytest.raises(InvalidInput, match="the control arm has no users"):
        compare(Arm(10, 1), Arm(0, 0))


def test_more_converted_than_users_is_refused():
    with pytest.raises(InvalidInput, match="count every user once"):
        Arm(10, 11)
