"""Whom nothing reaches: the draw, and when its share may change."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from intent_segments.errors import Conflict, InvalidInput
from intent_segments.goals.effects import Overlap
from intent_segments.goals.holdout import OFF, Holdout, agree_holdout, holdout_of
from intent_segments.goals.target_group import control_salt, draw_arms
from intent_segments.lake.layout import user_hash
from intent_segments.services.overlapping import overlaps

TODAY, LATER = date(2026, 11, 21), date(2026, 12, 24)
ON = agree_holdout(OFF, 0.05, TODAY)
USERS = [f"user {n}" for n in range(20_000)]
HASHES = [user_hash(user) for user in USERS]


def drawn(kept: dict[str, Any], salt: str = "salt") -> np.ndarray:
    holdout = holdout_of(kept, salt)
    assert holdout is not None
    return np.array(holdout.holds(HASHES))


def test_the_share_is_held_out_at_random_and_always_the_same() -> None:
    held = drawn(ON)
    assert held.mean() == pytest.approx(0.05, abs=0.005)
    assert (held == drawn(ON)).all()
    holdout = holdout_of(ON, "salt")
    assert holdout is not None and Holdout.from_json(holdout.to_json()) == holdout


def test_the_draw_knows_nothing_of_arms_and_of_groups_of_users() -> None:
    held = drawn(ON)
    arms = np.array(draw_arms(control_salt("salt", ["Bought"], "any"), USERS, 0.2))
    low = np.array(HASHES) < 0
    assert arms[held].mean() == pytest.approx(0.2, abs=0.04)
    assert held[low].mean() == pytest.approx(held[~low].mean(), abs=0.01)
    assert (held & drawn(ON, "another salt")).mean() == pytest.approx(0.0025, abs=0.0015)


def test_who_was_let_go_is_not_held_out_again_for_that() -> None:
    off = agree_holdout(ON, 0, LATER)
    assert holdout_of(off, "salt") is None and off["number"] == 1
    again = agree_holdout(off, 0.05, LATER)
    assert (again["since"], again["number"]) == ("2026-12-24", 2)
    assert (drawn(ON) & drawn(again)).mean() < 0.005


@pytest.mark.parametrize("share", [0.001, 0.2, -0.1, float("nan")])
def test_a_share_is_none_or_a_small_part(share: float) -> None:
    with pytest.raises(InvalidInput, match=r"from 0\.005 to 0\.1"):
        agree_holdout(OFF, share, TODAY)


def test_a_holdout_keeps_its_share_while_it_is_on() -> None:
    assert agree_holdout(ON, 0.05, LATER) == ON
    with pytest.raises(Conflict, match=r"0\.05 since 2026-11-21 and keeps its share"):
        agree_holdout(ON, 0.1, LATER)
    assert agree_holdout(OFF, 0, TODAY) == OFF


def test_what_goals_share_is_counted_from_both_sides() -> None:
    random = np.random.default_rng(4)
    targets = {}
    for name, size in (("a", 700), ("b", 400), ("c", 3)):
        uh = np.sort(random.choice(1_000, size, replace=False)).astype(np.int64)
        targets[name] = uh, (random.random(size) < 0.3).astype(np.uint8)
    found = overlaps(targets)
    members = {name: set(uh.tolist()) for name, (uh, _) in targets.items()}
    held = {name: set(uh[arm == 1].tolist()) for name, (uh, arm) in targets.items()}
    for one in targets:
        for other in targets.keys() - {one}:
            both = members[one] & members[other]
            expected = Overlap(
                len(both),
                len(both & held[one]),
                len(both & held[other]),
                len(held[one] & held[other]),
            )
            assert found[one].get(other, Overlap()) == expected
    assert overlaps({"a": targets["a"]}) == {}
