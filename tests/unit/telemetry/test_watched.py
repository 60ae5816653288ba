"""The clients of the stores are counted as AWS bills them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from intent_segments.errors import NotFound
from intent_segments.store.stores import Stores
from intent_segments.store.table import Action
from tests.unit.store.stack import empty_stack


@pytest.fixture
def stores() -> Iterator[Stores]:
    with empty_stack() as made:
        yield made.watched()


def test_objects_count_requests_and_bytes(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    stores.objects.put("a", b"12345")
    stores.objects.upload({"b": path})
    stores.objects.get("a")
    stores.objects.keys("")
    counted = stores.meter.taken()
    assert (counted.s3_writes, counted.bytes_written) == (3, 1005)
    assert (counted.s3_reads, counted.bytes_read) == (1, 5)
    stores.objects.download("b", tmp_path / "copy")
    counted = stores.meter.taken()
    assert (counted.s3_writes, counted.bytes_read) == (0, 1000)
    assert counted.s3_reads == 1


def test_a_read_that_finds_nothing_is_a_request_too(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.objects.get("nothing")
    assert stores.meter.taken().s3_reads == 1


def test_the_table_counts_units_by_size(stores: Stores) -> None:
    stores.table.apply(Action("A", "1", put={"text": "x" * 100}))
    assert stores.meter.taken().table_writes == 1
    stores.table.apply(Action("A", "2", put={"text": "x" * 5000}))
    assert stores.meter.taken().table_writes == 5
    stores.table.transact([Action("A", "3", put={"n": 1})])
    assert stores.meter.taken().table_writes == 2
    stores.table.get("A", "1")
    assert stores.meter.taken().table_reads == 1
    stores.table.page("A", 10)
    assert stores.meter.taken().table_reads == 2
