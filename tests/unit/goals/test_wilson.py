import pytest
from scipy.stats import binomtest

from intent_segments.goals.wilson import wilson95


@pytest.mark.parametrize(("did", "users"), [(0, 10), (1, 10), (10, 10), (37, 1_000), (1, 1)])
def test_the_interval_is_the_one_that_scipy_computes(did, users):
    interval = binomtest(did, users).proportion_ci(0.95, "wilson")
    assert wilson95(did, users) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_nobody_has_no_rate():
    assert wilson95(0, 0) is None
