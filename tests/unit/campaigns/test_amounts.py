"""Revenue, opens and clicks per user; CUPED."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student_t
from scipy.stats import ttest_ind
from statsmodels.api import OLS

from bench.hillstrom import amounts
from bench.saving import generated, moments
from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.cuped import Moments, cuped
from intent_segments.campaigns.effect import difference
from intent_segments.campaigns.means import (
    FEW_PAYERS,
    Amounts,
    difference_of_means,
    relative_lift_of_means,
    student,
)
from intent_segments.errors import InvalidInput


@pytest.mark.parametrize("held", [FEW_PAYERS, 500, 2_000])
def test_the_interval_of_means_is_welchs(held):
    random = np.random.default_rng(held)
    test, control = random.gamma(0.5, 30, 40 * held), random.gamma(0.5, 25, held)
    expected = ttest_ind(test, control, equal_var=False).confidence_interval(0.95)
    found = difference_of_means(amounts(test), amounts(control))
    slack = 0.002 * (expected.high - expected.low)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=slack)


@pytest.mark.parametrize("freedom", [3, 4.5, 50, 77.7, 199, 200, 1_000, 1e6])
def test_students_quantile_is_scipys(freedom):
    expected = student_t.ppf(0.975, freedom)
    assert student(0.95, freedom) == pytest.approx(expected, rel=1e-5 if freedom > 5 else 2e-3)


def test_the_relative_lift_of_means_holds_the_truth_in_95_of_100_cases():
    random, held = np.random.default_rng(7), 0
    for _ in range(400):
        test, control = random.gamma(1, 12, 3_000), random.gamma(1, 10, 800)
        found = relative_lift_of_means(amounts(test), amounts(control))
        held += found.low <= 0.2 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_a_mean_of_nothing_has_no_relative_lift():
    found = relative_lift_of_means(Amounts(10, 3, 5.0, 9.0), Amounts(10, 0, 0.0, 0.0))
    assert (found.value, found.low, found.high) == (None, None, None)


def test_amounts_that_never_differ_leave_no_doubt():
    found = difference_of_means(Amounts(400, 400, 400.0, 400.0), Amounts(200, 200, 400.0, 800.0))
    assert (found.value, found.low, found.high) == (-1.0, -1.0, -1.0)


def test_amounts_of_one_are_shares_of_users():
    """Few payers: the interval is then Newcombe's."""
    test, control = Arm(9_500, 300), Arm(500, 6)
    found = difference_of_means(Amounts(9_500, 300, 300, 300), Amounts(500, 6, 6, 6))
    shares = difference(test, control)
    assert (found.low, found.high) == pytest.approx((shares.low, shares.high), abs=1e-6)


def few_buyers(random: np.random.Generator, users: int, rate: float) -> np.ndarray:
    """Amounts per user, of which most are 0 and some are large."""
    return (random.random(users) < rate) * random.lognormal(4.5, 0.8, users)


def test_intervals_hold_where_six_of_a_control_group_buy():
    random, held, lifts = np.random.default_rng(11), 0, 0
    mean = np.exp(4.5 + 0.8**2 / 2)
    for _ in range(400):
        test = amounts(few_buyers(random, 20_000, 0.009))
        control = amounts(few_buyers(random, 1_000, 0.006))
        found, lift = difference_of_means(test, control), relative_lift_of_means(test, control)
        held += found.low <= 0.003 * mean <= found.high
        lifts += lift.low is None or lift.low <= 0.5 <= lift.high
    assert 0.92 <= held / 400 <= 0.98 and 0.92 <= lifts / 400 <= 0.99


def test_an_arm_that_was_given_back_more_than_it_paid_is_compared_by_its_spread():
    found = difference_of_means(Amounts(100, 5, -50.0, 900.0), Amounts(50, 2, 10.0, 60.0))
    assert found.low < -0.7 < found.high


def test_one_user_has_no_spread():
    with pytest.raises(InvalidInput, match="2 or more"):
        difference_of_means(Amounts(10, 2, 5.0, 9.0), Amounts(1, 1, 1.0, 1.0))


def drawn(users: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(likelihood, in test, did it), with an effect on those who were likely."""
    random = np.random.default_rng(seed)
    likelihood = random.beta(0.6, 3.4, users)
    test = random.random(users) > 0.2
    return likelihood, test, random.random(users) < np.minimum(1, likelihood * (1 + 0.3 * test))


def test_cuped_is_the_regression_on_arm_and_likelihood_with_robust_errors():
    likelihood, test, did = drawn(8_000, seed=8)
    x = np.rint(likelihood * 1e6) / 1e6
    x = x - x.mean()
    columns = np.column_stack([np.ones(len(x)), test, x, test * x])
    fitted = OLS(did.astype(float), columns).fit(cov_type="HC2")
    found = cuped(moments(likelihood[test], did[test]), moments(likelihood[~test], did[~test]))
    assert found.difference.value == pytest.approx(fitted.params[1], abs=1e-9)
    reach = (found.difference.high - found.difference.low) / 2
    assert reach == pytest.approx(1.96 * fitted.bse[1], rel=0.01)


def test_cuped_saves_variance_and_still_holds_the_effect():
    found = generated(8_000, 0.2, 0.3, 300, seed=9)
    assert 0.15 < found.saved < 0.25 and 0.92 <= found.held <= 0.98


def test_a_useless_likelihood_costs_nothing():
    random = np.random.default_rng(10)
    likelihood, _, did = drawn(20_000, seed=10)
    test = random.random(20_000) > 0.2
    random.shuffle(likelihood)
    found = cuped(moments(likelihood[test], did[test]), moments(likelihood[~test], did[~test]))
    assert abs(found.variance_saved) < 0.002


def test_there_is_no_cuped_below_100_conversions_in_control():
    test = Moments(10_000, 2_000, 2e9, 5e14, 5e8)
    assert cuped(test, Moments(600, 100, 1.2e8, 3e13, 3e7)) is not None
    assert cuped(test, Moments(600, 99, 1.2e8, 3e13, 3e7)) is None


def test_there_is_no_cuped_where_all_likelihoods_are_the_same():
    test = Moments(10_000, 2_000, 10_000, 10_000, 2_000)
    assert cuped(test, Moments(600, 120, 600, 600, 120)) is None
