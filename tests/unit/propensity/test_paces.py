"""Paces of everybody, on histories whose paces and lifetimes are known."""

from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from intent_segments.propensity import paces
from intent_segments.propensity.buy_till_you_die import fit as fit_bg
from intent_segments.propensity.features import Rhythm
from intent_segments.propensity.paces import fit

DAYS, HORIZON = 300, 30


@cache
def histories(users=20_000, seed=4, leaving=0.004):
    """Lives from day 0 and the rhythm by day DAYS of users, and whether each did it within HORIZON
    more days.

    Paces are gamma; users leave on any day with the chance `leaving`, noticed by nobody."""
    random = np.random.default_rng(seed)
    pace = random.gamma(0.8, 0.02, users)
    gone = random.geometric(leaving, users)
    did = random.random((users, DAYS + HORIZON)) < pace[:, None]
    did &= np.arange(DAYS + HORIZON) < gone[:, None]
    past, later = did[:, :DAYS], did[:, DAYS:].any(axis=1)
    ever = past.any(axis=1)
    first = past.argmax(axis=1)
    last = DAYS - 1 - past[:, ::-1].argmax(axis=1)
    beat = Rhythm(
        repeats=np.maximum(past.sum(axis=1) - 1, 0).astype(float),
        last=np.where(ever, last - first, 0).astype(float),
        age=np.where(ever, DAYS - 1 - first, 0).astype(float),
        ever=ever,
    )
    return beat.since(np.full(users, float(DAYS))), beat, later


def test_as_many_come_as_are_expected_and_more_truly_than_bg_nbd_says():
    lives, beat, later = histories()
    said = expit(fit(lives).logits(lives, float(HORIZON)))
    assert said.sum() == pytest.approx(later.sum(), rel=0.06)
    expected, came = said[beat.ever].sum(), later[beat.ever].sum()
    bg = fit_bg(beat).probability(beat, float(HORIZON))[beat.ever].sum()
    assert abs(np.log(expected / came)) < 0.5 * abs(np.log(bg / came))


def test_who_has_not_done_it_yet_has_a_likelihood_too():
    lives, beat, later = histories()
    never = ~beat.ever
    said = expit(fit(lives).logits(lives, float(HORIZON))[never])
    assert said.sum() == pytest.approx(later[never].sum(), rel=0.25)


def test_the_lapsed_are_not_taken_for_lost_when_everybody_was_learnt_from():
    """BG/NBD on the lapsed alone sees no one come back and expects hardly anyone to."""
    lives, beat, later = histories(leaving=0.001)
    lapsed = beat.ever & (beat.age - beat.last > 60)
    among = beat.rows(lapsed)
    expected = expit(fit(lives).logits(lives.rows(lapsed), float(HORIZON))).sum()
    assert expected == pytest.approx(later[lapsed].sum(), rel=0.1)
    alone = fit_bg(among).probability(among, float(HORIZON)).sum()
    assert alone < 0.8 * later[lapsed].sum()


def test_users_are_ranked_by_pace_and_silence():
    lives, _, _ = histories()
    often, seldom, silent = (
        Rhythm(*(np.array([v], float) for v in values), np.array([True]))
        for values in ((20, 290, 299), (2, 290, 299), (20, 150, 299))
    )
    said = [float(fit(lives).logits(one, 30.0)[0]) for one in (often, seldom, silent)]
    assert said[0] > said[1] > said[2]


def test_classes_left_out_on_the_way_change_no_likelihood(monkeypatch):
    lives, _, _ = histories()
    lean = fit(lives)
    monkeypatch.setattr(paces, "LOOK", paces.STEPS + 1)
    every = fit(lives)
    assert np.count_nonzero(lean.weight) < 0.8 * np.count_nonzero(every.weight)
    said = [expit(some.logits(lives, float(HORIZON))) for some in (lean, every)]
    assert said[0] == pytest.approx(said[1], abs=1e-6)


def test_who_was_not_seen_yet_has_no_pace():
    lives, _, _ = histories()
    nobody = Rhythm(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1, bool))
    assert np.isnan(fit(lives).logits(nobody, 30.0)).all()


def test_a_rhythm_counted_from_an_earlier_day_counts_the_first_time_too():
    beat = Rhythm(
        np.array([2.0, 0.0]), np.array([40.0, 0.0]), np.array([50.0, 0.0]), np.array([True, False])
    )
    lives = beat.since(np.array([60.0, 60.0]))
    assert lives.repeats.tolist() == [3, 0]
    assert lives.last.tolist() == [50, 0]
    same = beat.since(np.array([50.0, 60.0]))
    assert (same.repeats[0], same.last[0]) == (2, 40)


def test_too_few_to_learn_from_gives_nothing():
    lives, _, _ = histories(users=90)
    assert fit(lives) is None


def test_a_long_and_busy_life_has_a_likelihood_that_is_a_number():
    lives, _, _ = histories()
    busy = Rhythm(np.array([2_900.0]), np.array([3_000.0]), np.array([3_001.0]), np.array([True]))
    assert expit(fit(lives).logits(busy, 30.0))[0] > 0.5
