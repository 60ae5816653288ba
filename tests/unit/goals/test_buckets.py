from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intent_segments.goals.buckets import (
    CERTAIN,
    NO_BUCKET,
    Bucket,
    Cut,
    Cuts,
    assign,
    day0_cuts,
    night_cuts,
    percentile_table,
    percentiles,
)

HISTOGRAMS = st.dictionaries(st.integers(0, CERTAIN), st.integers(1, 1000), min_size=1, max_size=60)


def split(histogram: dict[int, int], cuts: Cuts) -> list[int]:
    """Members per bucket by the plain cuts."""
    values = np.array(sorted(histogram), np.int32)
    new = np.full(len(values), NO_BUCKET, np.uint8)
    bucket, _ = assign(values, cuts, new, np.zeros(len(values), np.int8))
    members = np.array([histogram[int(q)] for q in values])
    return [int(members[bucket == b].sum()) for b in Bucket]


def test_most_likely_is_the_smallest_set_with_half_of_all_expected_achievement() -> None:
    histogram = {900_000: 5, 100_000: 35, 10_000: 100}  # expected 4.5 + 3.5 + 1.0 = 9
    cuts = day0_cuts(histogram, "maximize")
    assert (cuts.most.at, cuts.moderately.at) == (900_000, 100_000)
    assert cuts.day0 == (100, 35, 5)


def test_least_likely_to_be_kept_is_the_smallest_set_with_half_of_the_unwanted_events() -> None:
    histogram = {100_000: 5, 900_000: 35, 990_000: 100}  # unwanted 4.5 + 3.5 + 1.0 = 9
    assert day0_cuts(histogram, "minimize").day0 == (5, 35, 100)


@given(HISTOGRAMS)
def test_the_sets_hold_the_shares_they_promise_and_none_is_larger_than_needed(
    histogram: dict[int, int],
) -> None:
    cuts = day0_cuts(histogram, "maximize")
    total = sum(q * n for q, n in histogram.items())
    if total == 0:
        assert cuts.day0 == (sum(histogram.values()), 0, 0)
        return
    for cut, percent in ((cuts.most, 50), (cuts.moderately, 85)):
        held = sum(q * n for q, n in histogram.items() if q >= cut.at)
        without_the_last = sum(q * n for q, n in histogram.items() if q > cut.at)
        assert 100 * held >= percent * total > 100 * without_the_last


@given(HISTOGRAMS, st.sampled_from(["maximize", "minimize"]))
def test_the_counts_are_those_of_the_cuts(histogram: dict[int, int], direction: str) -> None:
    cuts = day0_cuts(histogram, direction)  # type: ignore[arg-type]
    assert split(histogram, cuts) == list(cuts.day0)


@given(HISTOGRAMS, st.sampled_from(["maximize", "minimize"]))
def test_the_night_cuts_of_day_zero_are_the_day_zero_cuts(
    histogram: dict[int, int], direction: str
) -> None:
    first = day0_cuts(histogram, direction)  # type: ignore[arg-type]
    assert split(histogram, night_cuts(histogram, first)) == list(first.day0)


@given(HISTOGRAMS)
def test_the_band_surrounds_its_cut(histogram: dict[int, int]) -> None:
    for cut in (day0_cuts(histogram, "maximize").most, day0_cuts(histogram, "minimize").most):
        assert cut.firm_down <= cut.at <= cut.firm_up


@given(HISTOGRAMS, HISTOGRAMS)
def test_cuts_are_the_same_however_members_are_grouped(
    left: dict[int, int], right: dict[int, int]
) -> None:
    merged = Counter(left) + Counter(right)
    assert sum(merged.values()) == sum(left.values()) + sum(right.values())
    assert day0_cuts(merged, "maximize") == day0_cuts(Counter(right) + Counter(left), "maximize")


def test_shares_of_open_members_stay_when_likelihoods_fall() -> None:
    first = day0_cuts(dict.fromkeys(range(100, 1100), 1), "maximize")
    later = dict.fromkeys(range(10, 510), 1)  # half are open still, all of them less likely
    assert split(later, night_cuts(later, first)) == pytest.approx(
        [n / 2 for n in first.day0], abs=1
    )


def test_users_that_nothing_tells_apart_share_a_bucket_and_it_is_said() -> None:
    cuts = day0_cuts({300_000: 50}, "maximize")
    assert cuts.alike
    assert cuts.day0 == (0, 0, 50)


def test_cuts_come_back_from_json() -> None:
    cuts = day0_cuts({900_000: 5, 100_000: 35, 10_000: 100}, "maximize")
    assert Cuts.from_json(cuts.to_json()) == cuts


def test_cuts_stored_before_policies_tell_by_their_counts_who_was_alike() -> None:
    for histogram in ({300_000: 50}, {900_000: 5, 100_000: 35, 10_000: 100}):
        cuts = day0_cuts(histogram, "maximize")
        stored = {key: value for key, value in cuts.to_json().items() if key != "alike"}
        assert Cuts.from_json(stored) == cuts


LEAST, MODERATELY, MOST = (int(bucket) for bucket in Bucket)
EXAMPLE = Cuts(Cut(300, 320, 280), Cut(600, 620, 580), (1, 1, 1))


@pytest.mark.parametrize(
    ("likelihood", "previous", "pending", "bucket", "waits", "why"),
    [
        (610, NO_BUCKET, 0, MOST, 0, "a new member goes where the plain cut says"),
        (610, MOST, 0, MOST, 0, "a member where it belongs stays"),
        (590, MOST, 0, MOST, -1, "inside the band the first night changes nothing"),
        (590, MOST, -1, MODERATELY, 0, "the second night below the cut moves it"),
        (570, MOST, 0, MODERATELY, 0, "below the band it moves at once"),
        (610, MODERATELY, 0, MODERATELY, 1, "the same upwards"),
        (610, MODERATELY, 1, MOST, 0, "two nights above the cut"),
        (620, MODERATELY, 0, MOST, 0, "above the band at once"),
        (610, MODERATELY, -1, MODERATELY, 1, "nights below the other cut do not count upwards"),
        (610, LEAST, 0, MODERATELY, 1, "clearly past one cut, barely past the next"),
        (100, MOST, 0, LEAST, 0, "a fall through both bands"),
        (450, MODERATELY, 1, MODERATELY, 0, "back where it belongs, the count starts anew"),
    ],
)
def test_hysteresis(
    likelihood: int, previous: int, pending: int, bucket: int, waits: int, why: str
) -> None:
    found = assign(
        np.array([likelihood], np.int32),
        EXAMPLE,
        np.array([previous], np.uint8),
        np.array([pending], np.int8),
    )
    assert [int(column[0]) for column in found] == [bucket, waits], why


@given(HISTOGRAMS, st.integers(0, CERTAIN))
def test_a_percentile_is_the_whole_percent_of_members_with_a_lower_likelihood(
    histogram: dict[int, int], likelihood: int
) -> None:
    table = percentile_table(histogram)
    lower = sum(n for q, n in histogram.items() if q < likelihood)
    [found] = percentiles(np.array([likelihood], np.int32), table)
    assert found == min(100 * lower // sum(histogram.values()), 99)


def test_without_open_members_there_is_nothing_to_compare_with() -> None:
    assert percentile_table({}) == ()
