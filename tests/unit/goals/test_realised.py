"""What is published of day-0 likelihoods and outcomes, beside the same from the single users."""

from __future__ import annotations

import numpy as np
import pytest

from intent_segments.goals.buckets import CERTAIN
from intent_segments.goals.goal import Direction
from intent_segments.goals.realised import Realised
from intent_segments.propensity.evaluate import evaluate
from intent_segments.services.counting import realised

MEMBERS = 5_000


def world(seed: int, spread: float, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Likelihoods of the event in 1e-6, buckets, and who did it: as likely as was said."""
    random = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-random.normal(level, spread, MEMBERS)))
    event = np.rint(chance * CERTAIN).astype(np.int32)
    bucket = np.digitize(chance, np.quantile(chance, [0.6, 0.9])).astype(np.uint8)
    return event, bucket, random.random(MEMBERS) < chance


def sketched(
    event: np.ndarray, bucket: np.ndarray, did: np.ndarray, direction: Direction = "maximize"
) -> Realised:
    likelihood = event if direction == "maximize" else CERTAIN - event
    return realised(likelihood.astype(np.int32), bucket, did, direction)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize(
    ("spread", "level"), [(1.5, -1.0), (1.0, -4.0), (0.2, 0.0)], ids=["usual", "rare", "alike"]
)
def test_the_sketch_says_what_the_single_users_say(
    direction: Direction, spread: float, level: float
) -> None:
    event, bucket, did = world(3, spread, level)
    exact = evaluate(event / CERTAIN, did)
    found = sketched(event, bucket, did, direction).summary()
    assert found is not None
    assert (found["users"], found["did"]) == (MEMBERS, int(did.sum()))
    assert found["auc"] == pytest.approx(exact.auc, abs=0.005)
    assert found["brier"] == pytest.approx(exact.brier, abs=1e-6)
    assert found["ece"] == pytest.approx(exact.ece, abs=0.01)
    assert sum(found["expected"]) == pytest.approx(event.sum() / CERTAIN, abs=0.02)
    assert found["expected"][2] == pytest.approx(event[bucket == 2].sum() / CERTAIN, abs=0.01)


def test_groups_add_up_to_the_same_in_any_order() -> None:
    event, bucket, did = world(5, 1.0, -1.0)
    whole = sketched(event, bucket, did)
    cut = (700, 701, 3_000)
    parts = [
        sketched(*piece)
        for piece in zip(*(np.split(c, cut) for c in (event, bucket, did)), strict=True)
    ]
    assert sum(parts, Realised()) == sum(reversed(parts), Realised()) == whole
    assert Realised.from_json(whole.to_json()) == whole


def test_the_tenths_rise_and_hold_everybody() -> None:
    found = sketched(*world(7, 1.5, -1.0)).summary()
    assert found is not None
    tenths = found["tenths"]
    assert len(tenths) == 10 and sum(part["users"] for part in tenths) == MEMBERS
    assert all(abs(part["users"] - MEMBERS / 10) < 0.15 * MEMBERS / 10 for part in tenths)
    said = [part["expected"] / part["users"] for part in tenths]
    assert said == sorted(said)


def test_members_who_were_all_alike_share_one_tenth_and_have_no_ranking() -> None:
    did = np.arange(100) < 30
    alike = sketched(np.full(100, 300_000), np.zeros(100, np.uint8), did).summary()
    assert alike is not None
    assert (alike["auc"], len(alike["tenths"]), alike["ece"]) == (0.5, 1, 0.0)


@pytest.mark.parametrize("all_of_them", [True, False])
def test_an_outcome_that_everybody_shares_has_no_auc(all_of_them: bool) -> None:
    event, bucket, _ = world(9, 1.0, 0.0)
    found = sketched(event, bucket, np.full(MEMBERS, all_of_them)).summary()
    assert found is not None and found["auc"] is None and found["brier"] > 0


def test_nobody_has_no_summary() -> None:
    assert Realised().summary() is None


def test_likelihoods_of_0_and_1_have_a_bin_each() -> None:
    found = sketched(np.array([0, CERTAIN]), np.zeros(2, np.uint8), np.array([False, True]))
    assert len(found.bins) == 2
    summary = found.summary()
    assert summary is not None and (summary["auc"], summary["brier"]) == (1.0, 0.0)
