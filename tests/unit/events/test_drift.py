"""What a file changes about the shape of the data: all of it is kept, and the change is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from intent_segments.events.drift import MOST_LINES
from intent_segments.events.importer import import_file
from intent_segments.events.report import ImportReport
from intent_segments.lake.manifest import Manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import READABLE, open_lake
from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.events.making import parquet

Load = Callable[..., tuple[Manifest, ImportReport]]
FIRST = date(2026, 1, 1)


@pytest.fixture
def load(bucket: Bucket, tmp_path: Path) -> Load:
    def run(
        path: Path, manifest: Manifest | None = None, kind: Any = "events"
    ) -> tuple[Manifest, ImportReport]:
        return import_file(path, kind, manifest or Manifest(0, 2, "UTC"), bucket, tmp_path / "c")

    return run


def charged(path: Path, properties: list[Any], first: date = FIRST, **columns: Any) -> Path:
    """One event Charged a day, each by a user of its own."""
    rows = range(len(properties))
    return parquet(
        path,
        user_id=[f"u{first}-{i}" for i in rows],
        event=["Charged"] * len(properties),
        ts=[(first + timedelta(days=i)).isoformat() for i in rows],
        properties=properties,
        **columns,
    )


def test_a_property_that_changes_its_type_is_told_with_both_types_and_the_rows(
    load: Load, tmp_path: Path
) -> None:
    one, report = load(charged(tmp_path / "1.parquet", ['{"amount": 60}'] * 3))
    assert report.drift == ()
    two, report = load(
        charged(tmp_path / "2.parquet", ['{"amount": "60"}'] * 2, date(2026, 1, 4)), one
    )
    assert report.drift == (
        "Charged.amount was number in 3 rows before, and is text in 2 rows of this file",
    )
    assert report.to_json()["drift"] == list(report.drift)
    _, report = load(charged(tmp_path / "3.parquet", ['{"amount": "70"}'], date(2026, 1, 6)), two)
    assert report.drift == ()


def test_both_types_are_kept_and_comparisons_pass_over_the_other_one(
    load: Load, bucket: Bucket, tmp_path: Path
) -> None:
    numbers = ['{"amount": 60}', '{"amount": 40}']
    texts = ['{"amount": "60"}', '{"amount": "forty"}', '{"amount": null}', "{}"]
    manifest, _ = load(charged(tmp_path / "1.parquet", numbers))
    manifest, _ = load(charged(tmp_path / "2.parquet", texts, date(2026, 1, 3)), manifest)

    def who(**condition: Any) -> set[str]:
        where = [{"property": "amount", **condition}]
        tables = open_lake(bucket, manifest, range(2), READABLE, None, tmp_path / "r")
        clause = parse({"did": {"event": "Charged", "where": where}})
        return set(evaluate.member_ids(tables, clause, date(2026, 1, 31)))

    u, v = f"u{FIRST}", f"u{date(2026, 1, 3)}"
    assert who(gte=50) == {f"{u}-0"}
    assert who(lt=50) == {f"{u}-1"}
    assert who(eq="60") == {f"{v}-0"}
    assert who(eq=60) == {f"{u}-0"}
    assert who(contains="ort") == {f"{v}-1"}
    assert who(exists=True) == {f"{u}-0", f"{u}-1", f"{v}-0", f"{v}-1"}


def test_a_struct_and_json_text_are_the_same_property(load: Load, tmp_path: Path) -> None:
    one, _ = load(charged(tmp_path / "1.parquet", ['{"amount": 60.5}'] * 2))
    manifest, report = load(
        charged(tmp_path / "2.parquet", [{"amount": 61.5}] * 2, date(2026, 1, 3)), one
    )
    assert report.drift == ()
    assert manifest.catalogue["Charged"].properties == {"amount": {"number": 4}}


def test_a_new_column_is_told_and_one_that_is_gone_too(load: Load, tmp_path: Path) -> None:
    many = 120
    one, _ = load(
        charged(tmp_path / "1.parquet", ['{"amount": 1, "rare": 1}'] + ['{"amount": 1}'] * many)
    )
    later = FIRST + timedelta(days=many + 1)
    _, report = load(
        charged(tmp_path / "2.parquet", ["{}"] * 30, later, coupon=["X"] * 10 + [None] * 20), one
    )
    assert report.drift == (
        "Charged.amount is gone: number in 121 rows of 121 before, and in none of the 30 rows of "
        "that event in this file",
        "Charged.coupon is new: text in 10 rows of this file (30 of that event)",
    )


def test_two_types_within_one_file_are_told_on_the_first_load(load: Load, tmp_path: Path) -> None:
    given = ['{"amount": 1}'] * 3 + ['{"amount": "1"}']
    _, report = load(charged(tmp_path / "1.parquet", given))
    assert report.drift == ("Charged.amount is number in 3 rows and text in 1 row of this file",)


def test_a_trait_that_changes_its_type_is_told(load: Load, tmp_path: Path) -> None:
    one, report = load(
        parquet(tmp_path / "1.parquet", user_id=["a", "b"], age=[30, 40]), kind="profiles"
    )
    assert report.drift == ()
    people = parquet(tmp_path / "2.parquet", user_id=["c"], age=["31"], city=["Ulm"])
    _, report = load(people, one, "profiles")
    assert report.drift == (
        "trait age was number in 2 rows before, and is text in 1 row of this file",
        "trait city is new: text in 1 row of this file",
    )


def test_a_day_without_any_event_is_told_where_every_day_before_had_some(
    load: Load, tmp_path: Path
) -> None:
    one, _ = load(charged(tmp_path / "1.parquet", ["{}"] * 20))
    two, report = load(charged(tmp_path / "2.parquet", ["{}"] * 2, date(2026, 1, 23)), one)
    assert report.drift == (
        "2 days: 2026-01-21, 2026-01-22 without any event, while 20 of the 20 days before had some",
    )
    _, report = load(charged(tmp_path / "3.parquet", ["{}"] * 3, date(2026, 1, 20)), two)
    assert report.drift == ()


def test_a_day_that_an_export_lacks_though_the_lake_has_it_is_told(
    load: Load, tmp_path: Path
) -> None:
    one, _ = load(charged(tmp_path / "1.parquet", ["{}"] * 20))
    days = [FIRST + timedelta(days=i) for i in range(20) if i != 7]
    again = parquet(
        tmp_path / "2.parquet",
        user_id=["v"] * 19,
        event=["Charged"] * 19,
        ts=[day.isoformat() for day in days],
    )
    _, report = load(again, one)
    assert report.drift == (
        "1 day: 2026-01-08 not in this file, while the lake has events of then",
    )


def test_a_file_of_another_schema_altogether_fills_no_more_than_a_page(
    load: Load, tmp_path: Path
) -> None:
    one, _ = load(charged(tmp_path / "1.parquet", ["{}"]))
    wide = {f"c{i:03d}": [i] for i in range(200)}
    _, report = load(charged(tmp_path / "2.parquet", ["{}"], date(2026, 1, 2), **wide), one)
    assert len(report.drift) == MOST_LINES + 1 and report.drift[-1] == "and 150 more changes"


@pytest.mark.parametrize(
    "times",
    [
        ["2026-01-05T12:00:00Z"],
        [1767614400],
        [1767614400_000],
        [1767614400_000_000],
        [1767614400_000_000_000],
        ["1767614400"],
    ],
)
def test_the_next_file_may_write_its_times_in_another_way(
    load: Load, tmp_path: Path, times: list[Any]
) -> None:
    given = {"user_id": ["u"], "event": ["a"], "message_id": ["m"]}
    one, _ = load(parquet(tmp_path / "1.parquet", ts=["2026-01-05T12:00:00+00:00"], **given))
    _, report = load(parquet(tmp_path / "2.parquet", ts=times, **given), one)
    assert (report.added, report.duplicates) == (0, 1)
