from __future__ import annotations

from itertools import pairwise

import duckdb
import pytest

from intent_segments.lake.layout import (
    HASH_SQL,
    SLOTS,
    group_bounds,
    group_of,
    part_key,
    slot_of,
    slot_start,
    user_hash,
)


def test_the_hash_in_sql_is_the_hash_in_python() -> None:
    ids = ["", "u1", "Jürgen", "😀", "a'b", *map(str, range(500))]
    found = duckdb.execute(f"SELECT {HASH_SQL.format(id='v')} FROM (SELECT unnest(?) AS v)", [ids])
    assert [row[0] for row in found.fetchall()] == [user_hash(i) for i in ids]


def test_half_of_the_hashes_are_negative() -> None:
    negative = sum(user_hash(str(i)) < 0 for i in range(10_000))
    assert 4800 < negative < 5200


@pytest.mark.parametrize("groups", [1, 2, 3, 7, 64, 1000, SLOTS])
def test_groups_cover_the_hashes_without_gap_or_overlap(groups: int) -> None:
    bounds = [group_bounds(g, groups) for g in range(groups)]
    assert bounds[0][0] == -(2**63) and bounds[-1][1] == 2**63
    assert all(one[1] == two[0] for one, two in pairwise(bounds))
    for uh in (-(2**63), -1, 0, 1, 2**63 - 1, *map(user_hash, map(str, range(300)))):
        low, high = bounds[group_of(uh, groups)]
        assert low <= uh < high


def test_slots_start_where_groups_of_their_number_start() -> None:
    assert all(slot_start(s) == group_bounds(s, SLOTS)[0] for s in range(0, SLOTS, 97))
    assert slot_start(SLOTS) == 2**63
    assert slot_of(slot_start(7)) == 7 and slot_of(slot_start(7) - 1) == 6


def test_keys_sort_in_the_order_of_groups() -> None:
    keys = [part_key("events", "g1", g) for g in range(1024)]
    assert keys == sorted(keys) and keys[3] == "events/g1/g=0003.parquet"
