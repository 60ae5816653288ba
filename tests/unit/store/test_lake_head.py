from __future__ import annotations

from datetime import date

import pytest

from intent_segments.errors import Raced
from intent_segments.goals.goal import Status
from intent_segments.store.lake_head import Head
from intent_segments.store.stores import Stores
from tests.unit.store.stack import WATERMARK, a_goal, empty_stack, save

LATER = date(2026, 11, 25)


def test_there_is_no_lake_before_the_first_import() -> None:
    with empty_stack() as stores:
        assert stores.head.read() == Head(0, None, None)


def test_a_commit_moves_version_manifest_and_watermark(stores: Stores) -> None:
    head = stores.head.commit(1, "manifests/2.json", LATER)
    assert head == Head(2, "manifests/2.json", LATER) == stores.head.read()


def test_the_second_of_two_writers_is_told_to_repeat(stores: Stores) -> None:
    stores.head.commit(1, "manifests/2.json", None)
    with pytest.raises(Raced, match="from version 1 to 2"):
        stores.head.commit(1, "manifests/2b.json", None)
    assert stores.head.read().manifest_key == "manifests/2.json"


def test_the_watermark_never_goes_back(stores: Stores) -> None:
    head = stores.head.commit(1, "manifests/2.json", date(2026, 1, 1))
    assert head == Head(2, "manifests/2.json", WATERMARK)


def test_an_import_leaves_the_watermark_to_the_nights_while_a_goal_is_at_work(
    stores: Stores,
) -> None:
    save(stores, a_goal())
    assert stores.head.commit(1, "manifests/2.json", LATER).watermark == WATERMARK
    stores.goals.step("goal_1", Status.ARCHIVED)
    assert stores.head.commit(2, "manifests/3.json", LATER).watermark == LATER
