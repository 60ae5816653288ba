"""Learners, and the rows they learn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from intent_segments.propensity.learners import TREE_COLUMNS, fit_linear, fit_trees
from intent_segments.propensity.train import thinned


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(5)
    features = np.log1p(random.poisson(1.0, (6_000, 60))).astype(np.float32)
    did = random.random(6_000) < expit(2 * features[:, 41] - features[:, 7] - 3)
    return features, did


def test_rows_that_are_left_out_are_made_up_for_by_weight(rows):
    _, did = rows
    kept, weight = thinned(did, 100, 300)
    assert (did[kept].sum(), (~did[kept]).sum()) == (100, 300)
    assert weight[did[kept]].sum() == pytest.approx(did.sum())
    assert weight.sum() == pytest.approx(len(did))
    assert (np.diff(kept) > 0).all()


def test_fewer_rows_than_asked_for_are_all_kept(rows):
    _, did = rows
    kept, weight = thinned(did, 10_000, 10_000)
    assert kept.tolist() == list(range(len(did))) and (weight == 1).all()


@pytest.mark.parametrize("fit", [fit_linear, fit_trees])
def test_a_row_has_the_same_logit_whatever_rows_stand_beside_it(rows, fit):
    features, did = rows
    model = fit(features, did, np.ones(len(did)))
    whole = model.logit(features)
    for cut in (1, 2, 77, 1_023, 1_025, 5_999):
        parts = [model.logit(part) for part in (features[:cut], features[cut:])]
        assert np.array_equal(np.concatenate(parts), whole)


def test_likelihoods_of_the_linear_model_add_up_to_what_came(rows):
    """Also where the rows were thinned: weights bring the level back."""
    features, did = rows
    kept, weight = thinned(did, 200, 800)
    model = fit_linear(features[kept], did[kept], weight)
    said = expit(model.logit(features[kept]))
    assert (weight * said).sum() == pytest.approx(did.sum(), rel=1e-3)


def test_a_column_that_never_varies_says_nothing(rows):
    features, did = rows
    constant = np.full((len(did), 1), np.float32(np.log(30)))
    with_it = np.concatenate([features, constant], axis=1)
    model = fit_linear(with_it, did, np.ones(len(did)))
    moved = with_it.copy()
    moved[:, -1] = np.log(29)
    assert np.abs(model.logit(moved) - model.logit(with_it)).max() < 0.01


def test_trees_look_at_the_telling_columns(rows):
    features, did = rows
    columns = fit_trees(features, did, np.ones(len(did))).columns
    assert len(columns) == TREE_COLUMNS and {7, 41} <= set(columns.tolist())
