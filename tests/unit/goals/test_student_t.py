"""Student's t without a numerical library says what scipy says."""

import pytest
from scipy.stats import t as student

from intent_segments.goals.student_t import cdf, quantile

FREEDOMS = (1, 2, 3, 4, 7, 9, 10, 30)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_probabilities_are_those_of_scipy(freedom):
    for x in (-40, -3, -1.2, -0.1, 0, 0.3, 1, 2, 5, 40):
        assert cdf(x, freedom) == pytest.approx(student.cdf(x, freedom), abs=1e-14)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_quantiles_are_those_of_scipy(freedom):
    for p in (0.025, 0.1, 0.25, 0.5, 0.9, 0.975):
        assert quantile(p, freedom) == pytest.approx(student.ppf(p, freedom), abs=1e-9)
