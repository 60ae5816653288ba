"""Summaries that merge: what they say of two batches is what they would say of both at once."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from intent_segments.events.sketches import MAX_DISTINCT, TOP_VALUES, Distinct, TopValues, Users
from intent_segments.lake.layout import user_hash


def top_of(values: list[str]) -> TopValues:
    return TopValues.of({value: (n, 0) for value, n in Counter(values).items()})


def skewed(random: Random, n: int) -> list[str]:
    """Values like those of a shop: some very frequent, most of them rare."""
    return [f"v{int(random.paretovariate(0.8))}" for _ in range(n)]


def test_few_values_are_counted_exactly_however_often_batches_are_merged() -> None:
    merged = TopValues()
    for _ in range(5):
        merged = merged.merged(top_of(["a", "b", "a"]))
    assert merged.counts == {"a": (10, 0), "b": (5, 0)}
    assert not merged.dropped


def test_the_true_count_of_a_frequent_value_lies_between_its_bounds() -> None:
    random = Random(3)
    merged, truth = TopValues(), Counter[str]()
    for _ in range(30):
        batch = skewed(random, 400)
        truth.update(batch)
        merged = merged.merged(top_of(batch))
    assert len(merged.counts) == TOP_VALUES and merged.dropped
    for value, (count, error) in merged.counts.items():
        assert count - error <= truth[value] <= count
        assert error <= truth.total() / TOP_VALUES
    assert all(n <= merged.unseen for value, n in truth.items() if value not in merged.counts)
    assert [value for value, _ in truth.most_common(8)] == list(merged.counts)[:8]


def test_a_value_that_only_one_side_kept_may_have_been_dropped_by_the_other() -> None:
    full = top_of([f"{n:03d}" for n in range(TOP_VALUES + 1) for _ in range(4)])
    merged = full.merged(top_of(["new"] * 3))
    assert merged.counts["new"] == (3 + 4, 4)


def test_values_survive_their_json() -> None:
    top = top_of(skewed(Random(1), 500))
    assert TopValues.from_json(json.loads(json.dumps(top.to_json()))) == top
    for distinct in (Distinct.of(range(0, 2**40, 2**33)), Distinct(None), Distinct()):
        assert Distinct.from_json(json.loads(json.dumps(distinct.to_json()))) == distinct
    users = Users.of([user_hash(str(n)) for n in range(900)], 500)
    assert Users.from_json(json.loads(json.dumps(users.to_json()))) == users


def test_distinct_values_are_exact_below_a_thousand_and_then_a_thousand_or_more() -> None:
    below, rest = Distinct.of(range(600)), Distinct.of(range(500, 999))
    assert below.merged(rest).count == 999
    whole = below.merged(Distinct.of(range(600, 1000)))
    assert (whole.count, whole.hashes) == (MAX_DISTINCT, None)
    assert whole.merged(below).hashes is None


def test_users_are_exact_while_they_fit_and_estimated_beyond() -> None:
    hashes = [user_hash(f"user {n}") for n in range(50_000)]
    few = Users.of(hashes[:300], 400)
    assert (few.count, few.margin) == (300, 0.0)
    many = Users.of(hashes, 400)
    assert abs(many.count / 50_000 - 1) < many.margin < 0.11


def test_users_of_two_batches_count_once() -> None:
    hashes = [user_hash(f"user {n}") for n in range(30_000)]
    one, two = Users.of(hashes[:20_000], 512), Users.of(hashes[10_000:], 512)
    assert one.merged(two) == two.merged(one) == Users.of(hashes, 512)
    assert one.merged(one) == one


def test_users_shrink_to_what_a_smaller_summary_would_have_kept() -> None:
    hashes = [user_hash(f"user {n}") for n in range(2_000)]
    assert Users.of(hashes, 512).shrunk(64) == Users.of(hashes, 64)
    assert Users.of(hashes, 512).merged(Users.of(hashes[:70], 64)) == Users.of(hashes, 64)
