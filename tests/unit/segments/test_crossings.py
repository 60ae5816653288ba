"""Who crossed between two nights, case by case."""

from __future__ import annotations

import numpy as np
import pytest

from intent_segments.campaigns.engagement import STREAM
from intent_segments.segments.crossings import Crossing, Membership, crossed

Users = set[int]
IN, OUT, HELD = ({1}, set()), (set(), set()), (set(), {1})
"""Told of, in none, held back: user 1 on one night."""


def night(both: tuple[Users, Users]) -> Membership:
    return Membership(*(np.array(sorted(users), np.int64) for users in both))


CASES = [
    (OUT, OUT, None, "was never in it"),
    (OUT, IN, ("entered", False), "came in"),
    (IN, IN, None, "stayed"),
    (IN, OUT, ("left", False), "went"),
    (OUT, HELD, ("entered", True), "came in and is held back"),
    (HELD, HELD, None, "stayed and is held back"),
    (HELD, OUT, ("left", True), "went unseen, as they came"),
    (IN, HELD, ("left", False), "is held back from tonight on: the receiver has to let go"),
    (HELD, IN, ("entered", False), "is held back no longer"),
]


@pytest.mark.parametrize(("before", "now", "told", "why"), CASES, ids=[c[3] for c in CASES])
def test_a_user_crosses_once_or_not_at_all(before, now, told, why) -> None:
    found = crossed(night(before), night(now), STREAM)
    said = [
        (Crossing(crossing).label, bool(held))
        for crossing, held in zip(found.crossing, found.held_back, strict=True)
    ]
    assert said == ([] if told is None else [told]), why


def test_who_entered_comes_first_each_in_the_order_of_hashes() -> None:
    found = crossed(night(({1, 2, -9}, {4})), night(({2, 7, -3}, {5})), STREAM)
    assert found.uh.tolist() == [-3, 5, 7, -9, 1, 4]
    assert found.crossing.tolist() == [1, 1, 1, 2, 2, 2]
    assert found.held_back.tolist() == [False, True, False, False, False, True]
    assert found.uh.dtype == np.int64 and found.crossing.dtype == np.uint8


def test_what_is_not_wanted_is_not_told() -> None:
    both = night(({1}, set())), night(({2}, set()))
    assert crossed(*both, ("entered",)).uh.tolist() == [2]
    assert crossed(*both, ("left",)).uh.tolist() == [1]


def test_a_receiver_that_keeps_a_list_has_the_segment_without_who_is_held_back() -> None:
    random = np.random.default_rng(5)
    before, listed = night((set(), set())), set[int]()
    for _ in range(60):
        where = random.integers(0, 3, 40)
        now = night(tuple({int(u) for u in np.flatnonzero(where == at)} for at in (1, 2)))
        found = crossed(before, now, STREAM)
        assert len(set(found.uh.tolist())) == len(found.uh), "nobody twice"
        told = ~found.held_back
        listed |= set(found.uh[told & (found.crossing == Crossing.ENTERED)].tolist())
        listed -= set(found.uh[told & (found.crossing == Crossing.LEFT)].tolist())
        assert listed == set(now.told.tolist())
        before = now
