"""Cuts by ranks and by fixed likelihoods, and what a caller may ask for."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intent_segments.goals.bucket_policy import (
    BY_ACHIEVEMENT,
    BucketPolicy,
    ByLikelihood,
    ByPercentile,
    agree_buckets,
    from_json,
)
from intent_segments.goals.buckets import (
    CERTAIN,
    NO_BUCKET,
    Bucket,
    Cuts,
    assign,
    day0_cuts,
    night_cuts,
)
from intent_segments.goals.goal import Direction
from tests.unit.goals.test_buckets import HISTOGRAMS, split

LEAST, MODERATELY, MOST = (int(bucket) for bucket in Bucket)
DIRECTIONS = st.sampled_from(["maximize", "minimize"])
MILLIONTHS = st.lists(st.integers(1, CERTAIN - 1), min_size=2, max_size=2, unique=True).map(sorted)
LIKELIHOODS = MILLIONTHS.map(lambda pair: ByLikelihood(pair[1] / CERTAIN, pair[0] / CERTAIN))
PERCENTS = st.integers(1, 98).flatmap(
    lambda most: st.integers(1, 99 - most).map(lambda moderate: ByPercentile(most, moderate))
)
POLICIES = st.one_of(PERCENTS, LIKELIHOODS)
EVEN = dict.fromkeys(range(0, CERTAIN, 1000), 1)
"""A thousand members, one at every tenth of a percent."""


@given(HISTOGRAMS, HISTOGRAMS, DIRECTIONS, st.one_of(st.just(BY_ACHIEVEMENT), POLICIES))
def test_cuts_of_any_policy_are_the_same_however_members_are_grouped(
    left: dict[int, int], right: dict[int, int], direction: Direction, policy: BucketPolicy
) -> None:
    forth, back = Counter(left) + Counter(right), Counter(right) + Counter(left)
    first = day0_cuts(forth, direction, policy)
    assert first == day0_cuts(back, direction, policy)
    assert night_cuts(forth, first, policy) == night_cuts(back, first, policy)


@given(HISTOGRAMS, HISTOGRAMS, DIRECTIONS, POLICIES)
def test_ranks_and_likelihoods_cut_every_night_as_they_would_cut_day_zero(
    histogram: dict[int, int], later: dict[int, int], direction: Direction, policy: BucketPolicy
) -> None:
    first = day0_cuts(histogram, direction, policy)
    assert split(histogram, first) == list(first.day0)
    fresh, tonight = day0_cuts(later, direction, policy), night_cuts(later, first, policy)
    assert (tonight.moderately, tonight.most) == (fresh.moderately, fresh.most)


@given(HISTOGRAMS, PERCENTS, DIRECTIONS)
def test_no_other_cut_comes_nearer_to_the_percent_that_was_asked_for(
    histogram: dict[int, int], policy: ByPercentile, direction: Direction
) -> None:
    total = sum(histogram.values())
    cuts = day0_cuts(histogram, direction, policy)
    for cut, percent in (
        (cuts.most, policy.most),
        (cuts.moderately, policy.most + policy.moderate),
    ):
        misses = {
            at: abs(100 * sum(n for q, n in histogram.items() if q >= at) - percent * total)
            for at in [*histogram, CERTAIN + 1]
        }
        assert misses[cut.at] == min(misses.values())


@given(HISTOGRAMS, LIKELIHOODS)
def test_the_band_of_a_fixed_cut_holds_who_has_few_members_between(
    histogram: dict[int, int], policy: ByLikelihood
) -> None:
    cuts = day0_cuts(histogram, "maximize", policy)
    low, high = cuts.moderately.at, cuts.most.at
    assert (low, high) == (round(policy.moderate * CERTAIN), round(policy.most * CERTAIN))
    half_way = (low + high) // 2
    total = sum(histogram.values())
    for cut, lowest, highest in (
        (cuts.moderately, low // 2, half_way),
        (cuts.most, half_way, (high + CERTAIN) // 2),
    ):
        assert lowest <= cut.firm_down <= cut.at <= cut.firm_up <= highest
        for q in histogram:
            if q < cut.at:
                between = sum(n for p, n in histogram.items() if q < p < cut.at)
                assert (q < cut.firm_down) == (50 * between > total or q < lowest)
            else:
                between = sum(n for p, n in histogram.items() if cut.at <= p < q)
                assert (q >= cut.firm_up) == (50 * between > total or q >= highest)


def test_the_top_fifth_stays_a_fifth_while_everybody_becomes_less_likely() -> None:
    policy = ByPercentile(20, 30)
    first = day0_cuts(EVEN, "maximize", policy)
    assert first.day0 == (500, 300, 200)
    later = {q // 10: 1 for q in EVEN if q >= 100_000}  # a hundred have left
    assert split(later, night_cuts(later, first, policy)) == [450, 270, 180]


def test_shares_change_with_the_likelihoods_where_these_are_fixed() -> None:
    policy = ByLikelihood(0.5, 0.2)
    first = day0_cuts(EVEN, "maximize", policy)
    assert first.day0 == (200, 300, 500)
    later = {q // 2: 1 for q in EVEN}
    cuts = night_cuts(later, first, policy)
    assert (cuts.moderately.at, cuts.most.at) == (200_000, 500_000)
    assert split(later, cuts) == [400, 600, 0]


def test_a_minimized_goal_is_cut_at_the_likelihood_of_staying_without_the_event() -> None:
    """Likelihoods are of achieving the goal in either direction, so direction changes nothing."""
    for policy in (ByLikelihood(0.5, 0.2), ByPercentile(20, 30)):
        assert day0_cuts(EVEN, "minimize", policy) == day0_cuts(EVEN, "maximize", policy)


def night(likelihood: int, cuts: Cuts, bucket: int, pending: int) -> tuple[int, int]:
    found = assign(
        np.array([likelihood], np.int32),
        cuts,
        np.array([bucket], np.uint8),
        np.array([pending], np.int8),
    )
    return int(found[0][0]), int(found[1][0])


@pytest.mark.parametrize(
    ("nights", "buckets", "why"),
    [
        ([495, 505, 495, 505], [MOST, MOST, MOST, MOST], "noise at a cut moves nobody"),
        ([495, 495, 495], [MOST, MODERATELY, MODERATELY], "the second night in a row does"),
        (
            [450, 450],
            [MODERATELY, MODERATELY],
            "beyond two percent of the members it moves at once",
        ),
        ([100], [LEAST], "through both cuts at once"),
    ],
)
def test_members_near_a_fixed_likelihood_do_not_flap(
    nights: list[int], buckets: list[int], why: str
) -> None:
    cuts = day0_cuts(EVEN, "maximize", ByLikelihood(0.5, 0.2))
    bucket, pending, seen = MOST, 0, []
    for thousandths in nights:
        bucket, pending = night(thousandths * 1000, cuts, bucket, pending)
        seen.append(bucket)
    assert seen == buckets, why


def test_a_crowd_with_one_likelihood_waits_at_a_fixed_cut_like_anybody_else() -> None:
    policy = ByLikelihood(0.5, 0.2)
    first = day0_cuts({210_000: 900, 700_000: 100}, "maximize", policy)
    lower = night_cuts({190_000: 900, 700_000: 100}, first, policy)
    assert night(190_000, lower, MODERATELY, 0) == (MODERATELY, -1)
    assert night(190_000, lower, MODERATELY, -1) == (LEAST, 0)


def test_who_falls_over_an_empty_stretch_moves_at_once() -> None:
    """Nobody is between 0.9 and 0.05, yet that is no noise at a cut."""
    policy = ByLikelihood(0.5, 0.2)
    cuts = day0_cuts({50_000: 600, 900_000: 400}, "maximize", policy)
    assert night(50_000, cuts, MOST, 0) == (LEAST, 0)


def test_cuts_at_fixed_likelihoods_stay_where_the_panel_has_no_open_member() -> None:
    first = day0_cuts(EVEN, "maximize", ByLikelihood(0.5, 0.2))
    cuts = night_cuts({}, first, ByLikelihood(0.5, 0.2))
    assert [night(q, cuts, NO_BUCKET, 0)[0] for q in (190_000, 200_000, 500_000)] == [
        LEAST,
        MODERATELY,
        MOST,
    ]


def test_users_are_alike_only_if_their_likelihoods_are_wherever_the_fixed_cuts_lie() -> None:
    policy = ByLikelihood(0.9, 0.8)
    assert day0_cuts({300_000: 50}, "maximize", policy).alike
    assert not day0_cuts({300_000: 50, 100_000: 50}, "maximize", policy).alike
    assert day0_cuts({300_000: 50}, "maximize", ByPercentile(20, 30)).alike


@given(POLICIES)
def test_a_policy_comes_back_from_json(policy: BucketPolicy) -> None:
    assert agree_buckets(policy.to_json()) == (policy, [])
    assert from_json(policy.to_json()) == policy


def test_without_a_policy_cuts_go_by_achievement() -> None:
    assert agree_buckets(None) == (BY_ACHIEVEMENT, [])
    assert agree_buckets({"by": "achievement"}) == (BY_ACHIEVEMENT, [])
    assert from_json(None) == BY_ACHIEVEMENT


def percentile(most: Any, moderate: Any) -> dict[str, Any]:
    return {"by": "percentile", "most": most, "moderate": moderate}


def likelihood(most: Any, moderate: Any) -> dict[str, Any]:
    return {"by": "likelihood", "most": most, "moderate": moderate}


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ("percentile", "buckets", 'must be one of {"by": "achievement"}, .*; got "percentile"'),
        ({}, "buckets.by", "is missing"),
        ({"by": "percentle"}, "buckets.by", "did you mean 'percentile'"),
        ({"by": 3}, "buckets.by", "3 is not known"),
        ({"by": "achievement", "most": 20}, "buckets.most", "have no 'most': leave it out"),
        ({"by": "percentile", "most": 20}, "buckets.moderate", 'missing; write .*"moderate": 30'),
        (percentile(20, 30) | {"least": 50}, "buckets.least", "have no 'least'"),
        (percentile(0, 30), "buckets.most", "whole percent from 1 to 98; got 0$"),
        (percentile(99, 1), "buckets.most", "from 1 to 98; got 99"),
        (percentile(20.5, 30), "buckets.most", "got 20.5"),
        (percentile(0.2, 30), "buckets.most", "got 0.2 .20 % is written 20"),
        (percentile("20", 30), "buckets.most", 'got "20"'),
        (percentile(True, 30), "buckets.most", "got true"),
        (percentile(float("nan"), 30), "buckets.most", "got NaN"),
        (percentile(20, None), "buckets.moderate", "got null"),
        (percentile(60, 40), "buckets", "60 and buckets.moderate 40 make 100 .* Lower one"),
        (likelihood(1, 0.2), "buckets.most", "between 0 and 1, both excluded.*; got 1$"),
        (likelihood(0.5, 0), "buckets.moderate", "got 0"),
        (likelihood(50, 0.2), "buckets.most", "got 50 .50 % is written 0.5"),
        (likelihood(0.5000001, 0.2), "buckets.most", "at most 6 decimals; got 0.5000001"),
        (likelihood(0.2, 0.5), "buckets.moderate", "0.5 must be lower than buckets.most 0.2"),
        (likelihood(0.5, 0.5), "buckets.moderate", "Choose one below 0.5"),
        (likelihood(False, 0.2), "buckets.most", "got false"),
    ],
)
def test_a_refusal_names_rule_value_and_remedy(given: Any, field: str, says: str) -> None:
    policy, broken = agree_buckets(given)
    assert (policy, [error.field for error in broken]) == (BY_ACHIEVEMENT, [field])
    assert re.search(says, broken[0].message), broken[0].message


def test_both_cuts_are_refused_at_once() -> None:
    _, broken = agree_buckets(percentile(0, 200))
    assert [error.field for error in broken] == ["buckets.most", "buckets.moderate"]


def test_a_whole_percent_may_come_as_a_decimal() -> None:
    assert agree_buckets(percentile(20.0, 30))[0].to_json() == percentile(20, 30)
