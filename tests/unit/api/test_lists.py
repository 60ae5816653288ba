"""Pages of lists within what a function can answer."""

from __future__ import annotations

import json

import pytest

from intent_segments.api.call import MAX_KEY, MAX_LIST_BYTES, listed
from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask

MEGABYTE = {"text": "é" * 500_000}


@pytest.mark.parametrize(
    ("entries", "more", "shown"),
    [(0, False, 0), (3, False, 3), (3, True, 3), (4, False, 3), (9, True, 3)],
)
def test_a_page_ends_where_the_next_entry_would_not_fit(
    entries: int, more: bool, shown: int
) -> None:
    page = listed([MEGABYTE] * entries, more)
    assert (len(page["data"]), page["has_more"]) == (shown, more or shown < entries)
    assert len(json.dumps(page, ensure_ascii=False).encode()) < MAX_LIST_BYTES


def test_an_entry_that_is_larger_than_a_page_stands_alone() -> None:
    assert listed([{"text": "x" * MAX_LIST_BYTES}, MEGABYTE], False)["has_more"]


@pytest.mark.parametrize("key", ["k" * (MAX_KEY + 1), "é" * (MAX_KEY // 2 + 1)])
def test_an_idempotency_key_of_more_bytes_than_are_kept_is_refused(
    stores: Stores, key: str
) -> None:
    answer = ask("POST", "/v1/goals", {"name": "a"} | BODY, {"idempotency-key": key})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")


BODY = {"segment_id": "all-users", "events": ["purchase"], "ends_on": "2026-11-30"}
