"""A goal's comparison as it stands tonight: which interval, which verdict, what is left out."""

from __future__ import annotations

import numpy as np
import pytest

from intent_segments.campaigns.arms import Arm
from intent_segments.campaigns.baseline import lines
from intent_segments.campaigns.comparison import Known, compare
from intent_segments.campaigns.cuped import Moments, cuped
from intent_segments.campaigns.daily import daily
from intent_segments.campaigns.effect import always_valid, at_limit, difference
from intent_segments.campaigns.looks import WIDEST, limits
from intent_segments.campaigns.persuadables import persuadables
from intent_segments.campaigns.score import relative_lift
from intent_segments.errors import InvalidInput
from intent_segments.goals.buckets import Bucket

TEST, CONTROL = Arm(9_500, 1_240), Arm(500, 40)
DAYS = 30
LOOKS = [(1_240 * day // 20, 40 * day // 20) for day in range(1, 21)]
"""The first 20 of 30 days."""


def nightly(days, did, users):
    """Looks at so many users of both arms, one in twenty of them in control."""
    held = users // 20
    return daily(
        days,
        [
            None if pair is None else (Arm(users - held, pair[0]), Arm(held, pair[1]))
            for pair in did
        ],
    )


def looked():
    return nightly(DAYS, LOOKS, 10_000)


def moments(scale=1, did=(1_240, 40)):
    """Likelihoods of one in ten to one in five, of whom the likelier did it more often."""
    return tuple(
        Moments(users * scale, done * scale, x * scale, xx * scale, xy * scale)
        for users, done, x, xx, xy in (
            (9_500, did[0], 1_425_000_000, 220_000_000_000_000, 200_000_000),
            (500, did[1], 75_000_000, 11_600_000_000_000, 6_500_000),
        )
    )


def test_every_interval_is_the_one_of_its_own_way_of_looking():
    found = compare(TEST, CONTROL, looked(), "maximize", 0.05)
    limit = limits(DAYS, 20, looked().information)[-1]
    assert found.difference == difference(TEST, CONTROL)
    assert found.repeated == found.headline == at_limit(TEST, CONTROL, limit)
    assert found.always_valid == always_valid(TEST, CONTROL, looked().information)
    assert found.relative == relative_lift(TEST, CONTROL, limit)
    assert found.incremental.low == pytest.approx(9_500 * found.repeated.low)
    assert found.difference.low < 0 or found.repeated.low < found.difference.low


@pytest.mark.parametrize(
    ("test", "direction", "word"),
    [
        (TEST, "maximize", "better"),
        (TEST, "minimize", "worse"),
        (Arm(9_500, 380), "minimize", "better"),
        (Arm(9_500, 800), "maximize", "inconclusive"),
    ],
)
def test_the_verdict_goes_by_the_nightly_interval_and_the_direction(test, direction, word):
    found = compare(test, Arm(500, 60 if test.converted == 380 else 40), looked(), direction)
    assert found.verdict == word
    assert found.sentence.startswith(word.capitalize())


def test_what_one_look_would_call_better_may_be_too_little_for_a_look_every_night():
    early = nightly(DAYS, [(150, 2)], 10_000)
    found = compare(Arm(9_500, 150), Arm(500, 2), early, "maximize")
    assert found.difference.low > 0 > found.repeated.low and found.verdict == "inconclusive"


def test_a_broken_split_turns_everything_off_but_the_counts():
    found = compare(TEST, CONTROL, looked(), "maximize", 0.1, Known(moments()))
    shown = found.to_json()
    assert found.broken and shown["srm"]["ok"] is False and "split" in shown["sentence"]
    effects = ("difference", "repeated", "always_valid", "relative", "incremental_users")
    assert [shown[key] for key in (*effects, "adjusted")] == [None] * 6
    assert (found.test, found.control, shown["verdict"]) == (TEST, CONTROL, "inconclusive")


def test_a_part_of_members_has_no_effect_where_the_split_of_the_whole_is_broken():
    found = compare(TEST, CONTROL, looked(), "maximize", 0.05, sound=False)
    assert found.split.ok and found.broken and found.difference is None


def test_an_empty_arm_is_said_and_nothing_is_compared():
    found = compare(Arm(40, 3), Arm(0, 0), daily(DAYS, [(Arm(40, 3), Arm(0, 0))]), "maximize", 0.05)
    assert found.difference is None and "empty" in found.sentence
    assert compare(Arm(0, 0), Arm(0, 0), None, "maximize", 0.05).split is None


def test_few_conversions_are_compared_within_buckets_and_many_by_likelihood():
    within = [(Arm(7_500, 340), Arm(400, 10)), (Arm(2_000, 900), Arm(100, 30))]
    few = compare(TEST, CONTROL, looked(), "maximize", known=Known(moments(), within))
    assert few.adjusted.method == "stratified" and few.adjusted.saved is None
    assert few.adjusted.repeated.low < few.adjusted.difference.low
    many = [(10 * t, 10 * c) for t, c in LOOKS]
    arms = Arm(95_000, 12_400), Arm(5_000, 400)
    known = Known(moments(10), within)
    found = compare(*arms, nightly(DAYS, many, 100_000), "maximize", known=known)
    assert found.adjusted.method == "cuped" and 0 < found.adjusted.saved < 1
    assert found.adjusted.difference == cuped(*moments(10)).difference
    one = compare(TEST, CONTROL, looked(), "maximize", known=Known(moments(), within[:1]))
    assert one.adjusted is None


def test_the_verdict_goes_by_the_likelihood_only_where_it_did_from_the_first_half_on():
    known, arms = Known(moments(10)), (Arm(95_000, 12_400), Arm(5_000, 400))
    early = nightly(DAYS, [(400 * day, 20 * day) for day in range(1, 21)], 100_000)
    late = nightly(DAYS, [(40, 1)] * 15 + [(12_400, 400)] * 5, 100_000)
    assert early.control_by_half() == 300 and late.control_by_half() == 1
    assert compare(*arms, early, "maximize", known=known).by_likelihood
    switched = compare(*arms, late, "maximize", known=known)
    assert switched.adjusted.method == "cuped" and not switched.by_likelihood
    assert switched.to_json()["verdict_by"] == "counts"


def test_what_likelihoods_leave_is_less_alike_from_day_to_day_and_has_limits_of_its_own():
    """Correlations of 400,000 users' outcomes on two days, less what their likelihoods explain,
    beside those that `adjusted_limit` goes by."""
    random = np.random.default_rng(8)
    rates = random.gamma(0.5, 0.006, 400_000).clip(1e-9, 0.5)
    first = random.geometric(rates)
    days, x = (10, 30, 60), 1 - (1 - rates) ** 60
    did = [(first <= day).astype(float) for day in days]
    left = [y - np.cov(y, x)[0, 1] / x.var() * x for y in did]
    saved = 1 - left[-1].var() / did[-1].var()
    odds = [y.mean() / (1 - y.mean()) for y in did]
    knows = [o / (1 - saved * o / odds[-1]) for o in odds]
    assert saved > 0.2
    for day in (0, 1):
        alike = np.corrcoef(left[day], left[2])[0, 1]
        assert alike == pytest.approx(np.sqrt(knows[day] / knows[2]), abs=0.02)
        assert np.corrcoef(did[day], did[2])[0, 1] > alike + 0.02
    looks = looked()
    by_counts, without, with_ = looks.limit, looks.adjusted_limit(0.0), looks.adjusted_limit(0.4)
    assert with_ > without == by_counts
    assert looks.adjusted_limit(1.0) < WIDEST, "all of the variance is never taken to be explained"


def test_a_single_look_has_the_interval_of_a_single_look():
    found = compare(TEST, CONTROL, None, "maximize", 0.05, Known(moments()))
    assert found.repeated is None and found.always_valid is None
    assert found.headline == difference(TEST, CONTROL)
    assert found.relative == relative_lift(TEST, CONTROL)


def test_days_that_nobody_could_look_at_spend_nothing():
    missing = nightly(DAYS, [None, None, None, *LOOKS[3:]], 10_000)
    assert missing.limits[:3] == (WIDEST,) * 3
    assert missing.limit <= looked().limit
    assert nightly(DAYS, [None, (0, 0), (9, 1)], 100).limits[1] == WIDEST  # nothing came yet


def test_before_the_first_night_there_is_no_limit():
    found = compare(Arm(9_500, 0), Arm(500, 0), daily(DAYS, []), "maximize")
    assert found.repeated is None and found.verdict == "inconclusive"


def test_more_days_than_the_period_has_are_refused():
    with pytest.raises(InvalidInput, match="of a period of 1"):
        nightly(1, [(4, 1), (9, 1)], 1_000)


def test_three_lines_add_up_day_by_day():
    came = nightly(30, [(40, 1), None, (100, 4)], 10_000)
    first, gap, last = lines(came, forecast=[50, 70, 90, 120])
    assert (first.actual, gap, last.actual) == (40, None, 100)
    assert last.baseline.value == pytest.approx(9_500 * 4 / 500)
    assert last.incremental.value == pytest.approx(100 - 76)
    assert last.forecast == pytest.approx(90 * 0.95)
    assert last.baseline.low < 76 < last.baseline.high
    assert lines(came)[0].forecast is None
    with pytest.raises(InvalidInput, match="give one per day"):
        lines(came, forecast=[50])


def test_a_period_without_end_has_the_interval_that_holds_for_ever():
    open_ended = nightly(None, LOOKS, 10_000)
    found = compare(TEST, CONTROL, open_ended, "maximize", 0.05)
    assert found.repeated is None and found.headline == found.always_valid
    assert found.incremental.low == pytest.approx(9_500 * found.always_valid.low)
    assert found.always_valid == compare(TEST, CONTROL, looked(), "maximize").always_valid
    assert len(lines(open_ended)) == 20


def test_looks_at_users_who_come_in_as_the_days_go():
    """Half of the users on the first day, all on the second; one was erased before the third."""
    looks = [(Arm(450, 9), Arm(50, 1)), (Arm(900, 30), Arm(100, 2)), (Arm(899, 40), Arm(100, 3))]
    entered = daily(3, looks)
    assert list(entered.information) == sorted(entered.information)
    first, second, _ = lines(entered)
    assert first.baseline.value == 9 and second.baseline.value == 18


BUCKETS = {
    Bucket.MOST_LIKELY: (Arm(1_900, 950), Arm(100, 50)),
    Bucket.MODERATELY_LIKELY: (Arm(5_700, 2_280), Arm(300, 60)),
    Bucket.LEAST_LIKELY: (Arm(9_500, 190), Arm(500, 10)),
}


@pytest.mark.parametrize(("direction", "answer"), [("maximize", "more"), ("minimize", "less")])
def test_the_fence_sitters_are_persuadable_where_they_were_moved_more(direction, answer):
    found = persuadables(BUCKETS, direction, 2.2)
    assert found.answer == answer and "Measured" in found.to_json()["sentence"]
    assert found.difference.value == pytest.approx(0.2 - (1_140 / 11_400 - 60 / 600))


def test_alike_is_what_cannot_be_told_apart():
    alike = BUCKETS | {Bucket.MODERATELY_LIKELY: (Arm(5_700, 1_140), Arm(300, 60))}
    assert persuadables(alike, "maximize", 2.2).answer == "no_difference_seen"


@pytest.mark.parametrize(
    "middle", [(Arm(5_700, 2_280), Arm(300, 39)), (Arm(5_700, 2_280), Arm(0, 0))]
)
def test_until_enough_came_it_is_untested(middle):
    found = persuadables(BUCKETS | {Bucket.MODERATELY_LIKELY: middle}, "maximize", 2.2)
    assert (found.answer, found.difference) == ("untested", None)
    assert "untested" in found.to_json()["sentence"]
