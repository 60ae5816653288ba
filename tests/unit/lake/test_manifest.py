from __future__ import annotations

import json
from dataclasses import replace

import pytest

from intent_segments.errors import CorruptObject, NotFound
from intent_segments.lake.layout import SLOTS
from intent_segments.lake.manifest import (
    EventEntry,
    Manifest,
    Part,
    add_event_names,
    add_part,
    add_to_catalogue,
    add_users,
    panel_bound,
    read_manifest,
    replace_run,
    write_manifest,
)
from intent_segments.lake.objects import Bucket

EMPTY = Manifest(0, 4, "Europe/Berlin")


def part(gen: str, table: str = "activity", days: tuple[int, int] | None = (10, 20)) -> Part:
    low, high = days or (None, None)
    return Part(table, gen, low, high, rows=5, bytes=100, groups=(0, 2))


def test_a_manifest_survives_its_json() -> None:
    seen = {"buy": EventEntry(3, 10, 20, {"amount": {"number": 2, "string": 1}})}
    manifest = add_to_catalogue(add_event_names(EMPTY, ["buy"]), seen)
    manifest = add_users(add_part(manifest, part("a")), {0: 2, 4095: 1})
    document = json.loads(json.dumps(manifest.to_json()))
    assert Manifest.from_json(document) == manifest
    assert document["users"] == 3 and document["events"] == 3


def test_a_document_of_another_shape_is_refused() -> None:
    with pytest.raises(CorruptObject, match="shape"):
        Manifest.from_json({"version": 1})


def test_event_codes_only_grow() -> None:
    one = add_event_names(EMPTY, ["view", "buy"])
    two = add_event_names(one, ["add", "view"])
    assert one.event_names == ("buy", "view")
    assert two.event_names == ("buy", "view", "add")


def test_the_catalogue_adds_up_counts_kinds_and_days() -> None:
    one = add_to_catalogue(EMPTY, {"buy": EventEntry(2, 10, 12, {"a": {"number": 2}})})
    two = add_to_catalogue(
        one,
        {
            "buy": EventEntry(3, 8, 11, {"a": {"number": 1, "string": 2}, "b": {"boolean": 3}}),
            "add": EventEntry(1, 30, 30),
        },
    )
    assert two.catalogue == {
        "add": EventEntry(1, 30, 30),
        "buy": EventEntry(5, 8, 12, {"a": {"number": 3, "string": 2}, "b": {"boolean": 3}}),
    }
    assert (two.events, two.first_day, two.last_day) == (6, 8, 30)


def test_a_part_names_only_the_files_it_has() -> None:
    assert part("a").keys(range(4)) == ["activity/a/g=0000.parquet", "activity/a/g=0002.parquet"]


@pytest.mark.parametrize(
    ("days", "overlaps"), [((0, 9), False), ((0, 10), True), ((20, 30), True), ((21, 30), False)]
)
def test_the_ends_of_a_part_overlap(days: tuple[int, int], overlaps: bool) -> None:
    assert part("a").overlaps(days) is overlaps
    assert part("a").overlaps(None) and part("a", days=None).overlaps(days)


def test_a_merged_run_takes_the_place_of_its_first_part() -> None:
    manifest = EMPTY
    for gen in "abcd":
        manifest = add_part(manifest, part(gen))
    run = manifest.parts[1:3]
    assert [p.gen for p in replace_run(manifest, run, part("m")).parts] == ["a", "m", "d"]


def test_the_panel_is_the_least_range_with_enough_users() -> None:
    counts = [10] * SLOTS
    assert panel_bound(counts, wanted=95) == 10
    assert panel_bound(counts, wanted=100) == 10
    assert panel_bound(counts, wanted=101) == 11
    assert panel_bound(counts) == SLOTS
    assert panel_bound([100] * SLOTS) == 2000


def test_manifests_are_stored_under_a_key_of_their_content(bucket: Bucket) -> None:
    one = write_manifest(bucket, EMPTY)
    other = write_manifest(bucket, replace(EMPTY, groups=8))
    assert one != other and one == write_manifest(bucket, EMPTY)
    assert read_manifest(bucket, one) == EMPTY
    bucket.put("manifests/broken.json", b"{")
    with pytest.raises(CorruptObject):
        read_manifest(bucket, "manifests/broken.json")
    with pytest.raises(NotFound):
        read_manifest(bucket, "manifests/none.json")
