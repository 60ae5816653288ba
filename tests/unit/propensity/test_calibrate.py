"""The slope that makes likelihoods spread as widely as the truth."""

import numpy as np
import pytest
from scipy.special import expit

from intent_segments.propensity.calibrate import slope

RANDOM = np.random.default_rng(9)


def outcomes(logits, steep, level=0.0):
    return RANDOM.random(len(logits)) < expit(level + steep * logits)


@pytest.mark.parametrize("steep", [0.6, 1.0, 1.5])
def test_a_wrong_spread_is_found_out(steep):
    logits = [RANDOM.normal(-2, 1.2, 4_000) for _ in range(3)]
    assert slope(logits, [outcomes(z, steep) for z in logits]) == pytest.approx(steep, abs=0.08)


def test_a_months_level_is_not_taken_for_a_slope():
    logits = [RANDOM.normal(-2, 1.0, 6_000), RANDOM.normal(-1, 1.0, 6_000)]
    did = [outcomes(logits[0], 1.0, level=1.0), outcomes(logits[1], 1.0, level=-1.0)]
    assert slope(logits, did) == pytest.approx(1.0, abs=0.08)


def test_a_handful_of_achievements_moves_it_little():
    logits = RANDOM.normal(-4, 1.0, 200)
    did = np.zeros(200, bool)
    did[np.argsort(-logits)[:3]] = True
    assert 1.0 < slope([logits], [did]) < 1.5


def test_without_outcomes_of_both_kinds_likelihoods_stay_as_they_are():
    assert slope([], []) == 1.0
    assert slope([np.ones(5)], [np.zeros(5, bool)]) == 1.0
