"""How well all values of a trait together tell an outcome."""

from __future__ import annotations

import numpy as np
import pytest

from intent_segments.propensity.recorded_outcomes import OUTCOME_AUC, tells, together

N, RANDOM = 600, np.random.default_rng(3)
DID = RANDOM.random(N) < 0.2
FEW = np.arange(N) < 30


def pivot(values, kinds):
    """The columns of a text trait; -1 is a user without it."""
    return (values[:, None] == np.arange(kinds)).astype(np.float64)


def known(number, has):
    return np.column_stack([np.where(has, number, 0.0), has.astype(np.float64)])


@pytest.mark.parametrize("did", [DID, FEW])
def test_values_that_tell_little_alone_are_a_record_together(did):
    columns = pivot(np.where(did, np.arange(N) % 5, -1), 5)
    assert max(tells(column, did) for column in columns.T) < 0.65
    assert together(columns, did) > OUTCOME_AUC


def test_a_number_that_is_extreme_on_both_sides_is_a_record():
    sides = np.where(np.arange(N) % 2, 1.0, -1.0)
    number = np.where(DID, 9.0 * sides, RANDOM.normal(size=N))
    assert tells(number, DID) < 0.65
    assert together(known(number, np.ones(N, bool)), DID) > OUTCOME_AUC


@pytest.mark.parametrize("kinds", [1, 2, 10, N])
def test_noise_tells_nothing_however_many_values_it_has(kinds):
    assert together(pivot(RANDOM.integers(-1, kinds, N), kinds), DID) < 0.65


def test_numbers_at_random_tell_nothing():
    number = RANDOM.normal(size=N)
    assert together(known(number, RANDOM.random(N) < 0.5), DID) < 0.65


def test_one_column_that_tells_all_is_enough():
    assert together(DID.astype(np.float64)[:, None], DID) == 1.0
