"""The bent line that makes likelihoods spread as widely as the truth."""

import numpy as np
import pytest
from scipy.special import expit

from intent_segments.propensity.calibrate import Calibration, calibration

RANDOM = np.random.default_rng(9)


def outcomes(logits, steep, level=0.0):
    return RANDOM.random(len(logits)) < expit(level + steep * logits)


@pytest.mark.parametrize("steep", [0.6, 1.0, 1.5])
def test_a_wrong_spread_is_found_out(steep):
    logits = [RANDOM.normal(-2, 1.2, 4_000) for _ in range(3)]
    found = calibration(logits, [outcomes(z, steep) for z in logits])
    spread = np.diff(found(np.array([-4.0, 0.0])))[0] / 4
    assert spread == pytest.approx(steep, abs=0.12)


def test_a_months_level_is_not_taken_for_a_slope():
    logits = [RANDOM.normal(-2, 1.0, 6_000), RANDOM.normal(-1, 1.0, 6_000)]
    did = [outcomes(logits[0], 1.0, level=1.0), outcomes(logits[1], 1.0, level=-1.0)]
    found = calibration(logits, did)
    assert (found.slope, found.bend) == pytest.approx((1.0, 0.0), abs=0.12)


def test_the_likeliest_get_a_slope_of_their_own():
    """Beyond -1 the truth rises half as fast as the logits say."""
    logits = [RANDOM.normal(-1.5, 1.2, 8_000) for _ in range(3)]
    truth = [np.minimum(z, -1) + 0.5 * np.maximum(z + 1, 0) for z in logits]
    found = calibration(logits, [RANDOM.random(len(z)) < expit(z) for z in truth])
    assert found.slope == pytest.approx(1.0, abs=0.12)
    assert found.bend == pytest.approx(-0.45, abs=0.12)
    assert found.knot == pytest.approx(-1.0, abs=0.3)


def test_no_line_ever_falls():
    """The likeliest did it less than others; their order is left alone all the same."""
    logits = np.linspace(-3, 3, 4_000)
    found = calibration([logits], [RANDOM.random(4_000) < expit(-1 - np.maximum(logits, 0))])
    assert (np.diff(found(logits)) > 0).all()


def test_a_handful_of_achievements_moves_it_little():
    logits = RANDOM.normal(-4, 1.0, 200)
    did = np.zeros(200, bool)
    did[np.argsort(-logits)[:3]] = True
    assert 1.0 < calibration([logits], [did]).slope < 1.5


def test_without_outcomes_of_both_kinds_likelihoods_stay_as_they_are():
    assert calibration([], []) == Calibration()
    assert calibration([np.ones(5)], [np.zeros(5, bool)]) == Calibration()
