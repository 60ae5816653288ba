"""The quality card's metrics against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from intent_segments.propensity.evaluate import deciles, evaluate, reliability, word_for

RANDOM = np.random.default_rng(3)
LIKELIHOOD = np.round(RANDOM.random(3_000), 2)  # rounded: many ties
DID = RANDOM.random(3_000) < LIKELIHOOD


def test_ranking_metrics_agree_with_scikit_learn_ties_included():
    found = evaluate(LIKELIHOOD, DID)
    assert found.auc == pytest.approx(roc_auc_score(DID, LIKELIHOOD))
    assert found.average_precision == pytest.approx(average_precision_score(DID, LIKELIHOOD))
    assert found.brier == pytest.approx(brier_score_loss(DID, LIKELIHOOD))


def test_likelihoods_that_mean_it_have_a_calibration_error_of_noise_alone():
    assert evaluate(LIKELIHOOD, DID).ece < 0.03
    assert evaluate(LIKELIHOOD**3, DID).ece > 0.15


def test_equal_likelihoods_are_never_split_between_bins():
    bins = reliability(np.repeat([0.1, 0.2], [950, 50]), np.zeros(1_000, bool))
    assert [b.users for b in bins] == [950, 50]


def test_the_bins_hold_everybody_once():
    assert sum(b.users for b in reliability(LIKELIHOOD, DID)) == 3_000


@pytest.mark.parametrize("did", [np.zeros(10, bool), np.ones(10, bool)])
def test_one_outcome_alone_has_no_ranking(did):
    found = evaluate(np.linspace(0, 1, 10), did)
    assert found.auc is None and found.average_precision is None and found.lift_quality is None
    assert found.brier is not None


@pytest.mark.parametrize(
    ("lift", "word"), [(60, "excellent"), (59.9, "good"), (20, "fair"), (19, "poor")]
)
def test_lift_quality_has_words(lift, word):
    assert word_for(lift) == word


def test_deciles_hold_a_tenth_each_and_gains_end_with_everybody():
    tenths = deciles(LIKELIHOOD, DID)
    assert [tenth.top for tenth in tenths] == pytest.approx(np.arange(1, 11) / 10)
    assert tenths[-1].gain == pytest.approx(1)
    assert sum(tenth.rate for tenth in tenths) / 10 == pytest.approx(DID.mean())
    assert sum(tenth.lift for tenth in tenths) / 10 == pytest.approx(1)


def test_lift_and_gain_of_a_perfect_ranking_can_be_told_by_hand():
    did = np.arange(100) < 20
    first, second, third, *_ = deciles(np.linspace(1, 0, 100), did)
    assert (first.rate, first.lift, first.gain) == pytest.approx((1, 5, 0.5))
    assert (second.gain, third.rate, third.gain) == pytest.approx((1, 0, 1))


def test_users_who_are_all_alike_have_a_lift_of_one_in_every_tenth():
    assert [tenth.lift for tenth in deciles(np.full(95, 0.3), DID[:95])] == pytest.approx([1] * 10)


def test_without_any_achievement_there_is_no_lift():
    assert deciles(LIKELIHOOD, np.zeros(3_000, bool)) == ()


def test_fewer_than_ten_users_have_no_tenths():
    assert deciles(np.array([0.4]), np.array([True])) == ()
