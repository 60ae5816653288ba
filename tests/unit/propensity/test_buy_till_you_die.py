"""BG/NBD against the published parameters and against simulated customers."""

from importlib.resources import files

import numpy as np
import pytest

from intent_segments.propensity.buy_till_you_die import BuyTillYouDie, fit
from intent_segments.propensity.features import Rhythm


def cdnow_sample() -> Rhythm:
    """2,357 customers, in weeks: the published calibration set (it comes with `lifetimes`)."""
    text = files("lifetimes").joinpath("datasets/cdnow_customers_summary.csv").read_text()
    rows = np.array([line.split(",")[1:4] for line in text.split()[1:]], np.float64)
    return Rhythm(rows[:, 0], rows[:, 1], rows[:, 2], np.ones(len(rows), bool))


def test_the_published_parameters_of_cdnow_come_out():
    """Fader, Hardie and Lee (2005), table 2: r .243, alpha 4.414, a .793, b 2.426."""
    found = fit(cdnow_sample())
    assert found is not None
    assert found.r == pytest.approx(0.243, abs=0.01)
    assert found.alpha == pytest.approx(4.414, abs=0.2)
    assert found.a / (found.a + found.b) == pytest.approx(0.793 / (0.793 + 2.426), abs=0.02)


def test_probabilities_match_simulated_customers():
    """20,000 customers drawn from the model itself; those who buy in the next 30 days counted."""
    truth = BuyTillYouDie(r=0.8, alpha=30.0, a=0.9, b=3.0)
    random = np.random.default_rng(11)
    n, age, horizon = 20_000, 200.0, 30.0
    pace = random.gamma(truth.r, 1 / truth.alpha, n)
    drop = random.beta(truth.a, truth.b, n)
    repeats, last, bought = np.zeros(n), np.zeros(n), np.zeros(n, bool)
    for i in range(n):
        now = 0.0
        while True:
            now += random.exponential(1 / pace[i]) if pace[i] > 1e-12 else 1e12
            if now > age:
                bought[i] = now <= age + horizon
                break
            repeats[i] += 1
            last[i] = now
            if random.random() < drop[i]:
                break
    beat = Rhythm(repeats, last, np.full(n, age), np.ones(n, bool))
    expected = truth.probability(beat, np.full(n, horizon))
    assert expected.sum() == pytest.approx(bought.sum(), rel=0.05)
    for low, high in ((0.0, 0.1), (0.1, 0.3), (0.3, 1.0)):
        inside = (expected >= low) & (expected < high)
        assert expected[inside].mean() == pytest.approx(bought[inside].mean(), abs=0.02)


def test_too_few_users_are_not_fitted():
    few = cdnow_sample().rows(np.arange(50))
    assert fit(few) is None


def test_silence_longer_than_the_users_pace_makes_departure_likely():
    model = BuyTillYouDie(r=0.5, alpha=10.0, a=0.8, b=2.5)
    beat = Rhythm(np.array([10.0, 10.0]), np.array([100.0, 100.0]), np.array([105.0, 300.0]), None)
    active, silent = model.alive(beat)
    assert active > 0.8 > 0.1 > silent
