"""Members by day-0 bucket, tenth of the likelihood and arm, beside the same from single users."""

from __future__ import annotations

import numpy as np
import pytest

from intent_segments.errors import CorruptObject
from intent_segments.goals.buckets import CERTAIN, NO_BUCKET, NO_PERCENTILE, Bucket
from intent_segments.goals.effects import GOAL, Effects, Population
from intent_segments.goals.progress import GoalTally
from intent_segments.goals.strata import UNPLACED, Strata, Stratum, tenth_of
from intent_segments.goals.target_group import Arm
from intent_segments.services.counting import strata
from tests.unit.store.stack import tally

MEMBERS = 4_000


def members(seed):
    random = np.random.default_rng(seed)
    known = {
        "bucket": random.integers(0, 3, MEMBERS).astype(np.uint8),
        "percentile": random.integers(0, 100, MEMBERS).astype(np.uint8),
        "likelihood": random.integers(0, CERTAIN + 1, MEMBERS).astype(np.int32),
    }
    for column in ("bucket", "percentile"):
        known[column][:5] = NO_BUCKET  # nothing is known of them
    return known, (random.random(MEMBERS) < 0.2).astype(np.uint8), random.random(MEMBERS) < 0.3


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_sums_are_those_of_the_single_users(direction):
    known, arm, did = members(1)
    found = strata(known, arm, did, direction)
    event = known["likelihood"].astype(object)
    if direction == "minimize":
        event = CERTAIN - event
    for which in Arm:
        for bucket in (None, *Bucket):
            mine = (arm == which) & ((known["bucket"] == bucket) if bucket is not None else True)
            x = event[mine]
            expected = len(x), did[mine].sum(), x.sum(), (x * x).sum(), x[did[mine]].sum()
            assert found.of(which, bucket) == Stratum(*map(int, expected))
    assert found.users == MEMBERS and found.tenths() == list(range(9, -1, -1))


def test_to_minimise_the_least_likely_to_achieve_it_are_the_likeliest_to_do_it():
    assert [tenth_of(p, False) for p in (0, 9, 10, 99)] == [0, 0, 1, 9]
    assert [tenth_of(p, True) for p in (0, 9, 10, 99)] == [9, 9, 8, 0]
    assert tenth_of(NO_PERCENTILE, True) == UNPLACED


def test_groups_add_up_to_the_same_in_any_order_and_come_back_from_json():
    known, arm, did = members(2)
    whole = strata(known, arm, did, "maximize")
    cuts = (700, 701, 3_000)
    parts = [
        strata({name: part[n] for name, part in split.items()}, arms, done, "maximize")
        for split in [{name: np.split(column, cuts) for name, column in known.items()}]
        for n, (arms, done) in enumerate(zip(np.split(arm, cuts), np.split(did, cuts), strict=True))
    ]
    assert sum(parts, Strata()) == sum(reversed(parts), Strata()) == whole
    tallied = Effects({GOAL: Population(whole)})
    assert Effects.from_json(tallied.to_json()) == tallied


def test_nobody_is_counted_of_an_empty_group():
    none = {name: column[:0] for name, column in members(3)[0].items()}
    assert strata(none, np.zeros(0, np.uint8), np.zeros(0, bool), "maximize") == Strata()


def test_a_tally_of_an_older_version_has_no_strata_and_half_of_them_are_refused():
    old = tally(1).to_json()
    del old["effects"]
    assert GoalTally.from_json(old) == tally(1)
    half = Strata({(2, 9, 0): Stratum(3, 1), (0, 0, 1): Stratum(1)})
    some = Effects({GOAL: Population(half)})
    with pytest.raises(CorruptObject, match="members = sum of strata users"):
        (tally(1) + GoalTally.from_json(tally(1).to_json() | {"effects": some.to_json()})).check()
