"""The check of the split, power before the start, whole comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare

from bench.uplift import false_alarms
from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.by_likelihood import (
    by_likelihood,
    qini_coefficient,
    qini_curve,
)
from intent_segments.campaigns.cuped import Moments
from intent_segments.campaigns.effect import difference
from intent_segments.campaigns.looks import limits
from intent_segments.campaigns.power import (
    Plan,
    advice,
    power,
    share_for,
    smallest_effect,
    users_for,
)
from intent_segments.campaigns.sample_ratio import FEW, sample_ratio
from intent_segments.campaigns.uplift import measure
from intent_segments.errors import InvalidInput


def test_the_split_is_checked_as_scipy_checks_it():
    random = np.random.default_rng(1)
    for _ in range(300):
        users = int(10 ** random.uniform(0.3, 4))
        share = float(random.choice([0.01, 0.05, 0.2, 0.5]))
        held = int(random.binomial(users, share * random.uniform(0.5, 1.5)))
        expected = (users * share, users - users * share)
        if min(expected) < FEW:
            p_value = binomtest(held, users, share).pvalue
        else:
            p_value = chisquare([held, users - held], expected).pvalue
        assert sample_ratio(users - held, held, share).p_value == pytest.approx(p_value, abs=1e-9)


def test_a_split_far_from_the_meant_one_is_not_ok_and_a_near_one_is():
    assert not sample_ratio(94_000, 6_000, 0.05).ok and sample_ratio(95_100, 4_900, 0.05).ok
    assert not sample_ratio(10_000, 0, 0.001).ok  # ten were expected


@pytest.mark.parametrize("users", [300, 5_000, 1_000_000])
def test_the_check_fires_no_more_often_than_one_in_a_thousand(users):
    assert false_alarms(users) <= 0.0014  # 100,000 draws: 0.001 +- 0.0001, chi-square rounds


@pytest.mark.parametrize(
    ("users", "base", "effect", "expected"),
    [
        (10_000, 0.1062, 0.0452, 0.82),
        (50_000, 0.0057, 0.0031, 0.36),
        (200_000, 0.0057, 0.0031, 0.94),
    ],
)
def test_power_is_what_simulations_with_newcombes_interval_gave(users, base, effect, expected):
    assert power(Plan(users, 0.05, base), effect) == pytest.approx(expected, abs=0.02)


def test_effects_are_found_as_often_as_the_plan_says():
    random, plan = np.random.default_rng(2), Plan(20_000, 0.1, 0.08)
    effect = smallest_effect(plan)
    did = random.binomial(18_000, 0.08 + effect, 2_000), random.binomial(2_000, 0.08, 2_000)
    found = [
        difference(Arm(18_000, int(t)), Arm(2_000, int(c))).low > 0
        for t, c in zip(*did, strict=True)
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_looking_daily_needs_a_larger_effect():
    once, daily = Plan(50_000, 0.05, 0.02), Plan(50_000, 0.05, 0.02, limits(60, 60)[-1])
    assert smallest_effect(once) < smallest_effect(daily) < 1.15 * smallest_effect(once)


def test_the_least_share_that_is_enough_is_advised():
    plan = Plan(50_000, 0.05, 0.0057)
    assert share_for(plan, 0.0031) == 0.15
    assert (
        power(Plan(50_000, 0.15, 0.0057), 0.0031) >= 0.8 > power(Plan(50_000, 0.14, 0.0057), 0.0031)
    )
    assert "hold back 15% to find it in 80%" in advice(plan, 0.0031)


def test_the_users_that_it_would_take_are_advised_where_no_share_is_enough():
    plan = Plan(5_000, 0.05, 0.0057)
    assert share_for(plan, 0.0031) is None
    needed = users_for(Plan(5_000, 0.2, 0.0057), 0.0031)
    assert power(Plan(needed, 0.2, 0.0057), 0.0031) >= 0.8
    assert f"about {needed:,} users" in advice(plan, 0.0031)


def test_an_effect_that_is_found_anyway_needs_no_advice():
    assert advice(Plan(10_000, 0.05, 0.1062), 0.0452).endswith("is found in 82% of cases.")


def test_no_effect_can_be_seen_with_three_users():
    assert smallest_effect(Plan(3, 0.01, 0.5)) is None
    assert "no effect would be seen" in advice(Plan(3, 0.01, 0.5))
    assert users_for(Plan(3, 0.01, 0.5), 0.0) is None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((1, 0.05, 0.1), "users must be 2 or more"),
        ((100, 0.0, 0.1), "control_share must lie between 0 and 1"),
        ((100, 0.05, 1.0), "base_rate must lie between"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(values, says):
    with pytest.raises(InvalidInput, match=says):
        Plan(*values)


def test_an_effect_beyond_every_rate_is_refused():
    with pytest.raises(InvalidInput, match="no rate"):
        power(Plan(100, 0.05, 0.1), 0.95)


TEST, CONTROL = Arm(9_500, 1_140), Arm(500, 40)
BY_DAY = [20 * day for day in range(1, 60)] + [1_180]


def test_more_is_better_to_maximize_and_worse_to_minimize():
    assert measure(TEST, CONTROL, BY_DAY).verdict == "better"
    assert measure(TEST, CONTROL, BY_DAY, "minimize").verdict == "worse"
    fewer = Arm(9_500, 380)
    assert measure(fewer, CONTROL, BY_DAY).verdict == "worse"
    assert measure(fewer, CONTROL, BY_DAY, "minimize").verdict == "better"


def test_what_chance_explains_is_inconclusive():
    assert measure(Arm(9_500, 800), CONTROL, BY_DAY).verdict == "inconclusive"


def test_a_broken_split_turns_the_effects_off_and_keeps_the_counts():
    moments = Moments(9_500, 1_140, 1e9, 2e14, 2e8), Moments(500, 100, 5e7, 1e13, 2e7)
    found = measure(TEST, CONTROL, BY_DAY, control_share=0.1, moments=moments).to_json()
    assert found["srm"]["ok"] is False and found["srm"]["p_value"] < 0.001
    assert [found[key] for key in ("difference", "relative", "always_valid", "cuped")] == [None] * 4
    assert found["test"] == {"users": 9_500, "converted": 1_140, "rate": 0.12}
    assert found["control"]["converted"] == 40 and found["verdict"] == "inconclusive"


def test_a_sound_split_is_said_and_without_a_share_nothing_is():
    assert measure(TEST, CONTROL, BY_DAY, control_share=0.05).to_json()["srm"]["ok"] is True
    assert measure(TEST, CONTROL, BY_DAY).to_json()["srm"] is None


def test_a_part_without_control_has_no_effect_of_its_own():
    found = by_likelihood([(Arm(100, 20), Arm(10, 1)), (Arm(50, 5), Arm(0, 0))])
    assert found[0].effect.value == pytest.approx(0.1) and found[1].effect is None


def test_qini_rewards_a_ranking_that_finds_the_persuadable():
    top, bottom = (Arm(1_000, 300), Arm(1_000, 200)), (Arm(1_000, 100), Arm(1_000, 100))
    good, bad = qini_curve([top, bottom]), qini_curve([bottom, top])
    assert good[-1] == bad[-1] and good[-1].incremental == pytest.approx(100 / 2_000)
    assert good[1].incremental == pytest.approx(0.05)  # all of it comes from the top half
    assert qini_coefficient(good) == pytest.approx(0.0125)
    assert qini_coefficient(bad) == pytest.approx(-0.0125)


def test_there_is_no_qini_curve_where_control_hardly_converted():
    assert qini_curve([(Arm(1_000, 300), Arm(100, 20)), (Arm(1_000, 100), Arm(100, 10))]) is None
