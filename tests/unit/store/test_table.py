"""The table within DynamoDB's limits: pages of large items, keys of any length, sizes of items."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.store.item_size import item_bytes
from intent_segments.store.stores import Stores
from intent_segments.store.table import MAX_SORT_KEY, Action


def test_a_page_of_large_items_ends_early_and_says_that_more_follow(stores: Stores) -> None:
    names = [f"item_{number:02d}" for number in range(14)]
    for name in names:
        stores.table.apply(Action("LARGE", name, put={"name": name, "text": "x" * 350_000}))
    seen: list[str] = []
    more = True
    while more:
        items, more = stores.table.page("LARGE", 100, seen[-1] if seen else None)
        assert sum(map(item_bytes, items)) <= 4 * 1024 * 1024
        seen += [item["name"] for item in items]
    assert seen == names


def test_a_page_that_is_full_says_whether_more_follow(stores: Stores) -> None:
    for number in range(3):
        stores.table.apply(Action("SMALL", str(number), put={"number": number}))
    assert stores.table.page("SMALL", 2) == ([{"number": 0}, {"number": 1}], True)
    assert stores.table.page("SMALL", 3)[1] is False
    assert stores.table.page("SMALL", 1, "2") == ([], False)


@pytest.mark.parametrize("key", ["", "x" * (MAX_SORT_KEY + 1), "é" * (MAX_SORT_KEY // 2 + 1)])
def test_no_item_has_a_key_that_dynamodb_does_not_take(stores: Stores, key: str) -> None:
    assert stores.table.get("GOAL", key) is None
    assert stores.table.page("GOAL", 5, key) == ([], False)


@pytest.mark.parametrize(
    ("item", "bytes_"),
    [
        ({}, 0),
        ({"a": ""}, 1),
        ({"name": "é"}, 4 + 2),
        ({"a": None, "b": True}, 2 + 2),
        ({"a": 27}, 1 + 1 + 2),
        ({"a": -1234.5}, 1 + 3 + 2),
        ({"a": 10**30}, 1 + 16 + 2),
        ({"a": 0.1234567890123456789e-300}, 1 + 12),
        ({"a": []}, 1 + 3),
        ({"a": ["x", "yz"]}, 1 + 3 + 2 + 3),
        ({"a": {"b": {"c": "d"}}}, 1 + 3 + 1 + 1 + 3 + 1 + 1 + 1),
    ],
)
def test_an_item_is_as_large_as_dynamodb_documents(item: dict[str, Any], bytes_: int) -> None:
    assert item_bytes(item) == bytes_
