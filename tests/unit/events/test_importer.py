from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from intent_segments.errors import InvalidFile
from intent_segments.events import batch
from intent_segments.events.files import Kind
from intent_segments.events.importer import Options, import_file
from intent_segments.events.open_files import open_files
from intent_segments.events.report import MOST_EVENTS, ImportReport
from intent_segments.lake.calendar import to_day
from intent_segments.lake.compaction import MAX_PARTS
from intent_segments.lake.layout import slot_of, user_hash
from intent_segments.lake.manifest import EventEntry, Manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.tables import ALWAYS
from tests.unit.events.making import events, parquet
from tests.unit.lake.storing import contents, everything

EMPTY = Manifest(0, 4, "UTC")
Step = tuple[Path, Kind]


@pytest.fixture
def load(bucket: Bucket, tmp_path: Path) -> Callable[..., tuple[Manifest, ImportReport]]:
    def run(
        path: Path, manifest: Manifest = EMPTY, kind: Kind = "events", **options: Any
    ) -> tuple[Manifest, ImportReport]:
        return import_file(path, kind, manifest, bucket, tmp_path / "cache", Options(**options))

    return run


def history(path: Path, days: Sequence[int], users: int = 9) -> Path:
    """Every user does `a` at every hour with the same remainder by 5, and `b` on some days."""
    rows = [
        (f"u{u}", "b" if (u + d) % 4 == 0 else "a", f"2026-01-{d:02d}T{h:02d}:00:00Z")
        for d in days
        for u in range(users)
        for h in range(u % 5, 24, 5)
    ]
    return events(path, *rows)


def test_the_lake_answers_as_the_files_do(load: Any, bucket: Bucket, tmp_path: Path) -> None:
    path = history(tmp_path / "e.parquet", range(1, 8))
    people = parquet(
        tmp_path / "p.parquet",
        user_id=["u1", "u2", "x"],
        plan=["free", "paid", None],
        valid_from=[None, date(2025, 12, 1), None],
    )
    manifest, _ = load(path)
    manifest, _ = load(people, manifest, "profiles")
    found = everything(bucket, manifest, tmp_path / "read")
    assert found == contents(open_files([path], people))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_days_are_those_of_the_lakes_time_zone(
    load: Any, bucket: Bucket, tmp_path: Path, zone: str
) -> None:
    path = history(tmp_path / "e.parquet", range(1, 4))
    manifest, _ = load(path, Manifest(0, 2, zone))
    found = everything(bucket, manifest, tmp_path / "read")
    assert found == contents(open_files([path], timezone=zone))


def test_the_number_of_groups_changes_no_table(load: Any, bucket: Bucket, tmp_path: Path) -> None:
    first = history(tmp_path / "1.parquet", range(1, 4))
    second = history(tmp_path / "2.parquet", range(3, 8), users=12)
    tables = []
    for groups in (1, 4, 16):
        manifest, _ = load(first, Manifest(0, groups, "UTC"))
        manifest, _ = load(second, manifest)
        tables.append(everything(bucket, manifest, tmp_path / f"read{groups}"))
        assert manifest.users == 12
    assert tables[0] == tables[1] == tables[2]


def test_loading_a_file_twice_adds_nothing(load: Any, tmp_path: Path) -> None:
    twin = ("u1", "a", "2026-01-05T10:00:00Z")
    path = events(tmp_path / "e.parquet", twin, twin, ("u2", "b", "2026-01-06T10:00:00Z"))
    once, report = load(path)
    assert (report.added, report.duplicates) == (3, 0)
    twice, report = load(path, once)
    assert twice is once
    assert (report.added, report.duplicates, report.new_users) == (0, 3, 0)


def test_overlapping_files_add_each_event_once(load: Any, bucket: Bucket, tmp_path: Path) -> None:
    one, _ = load(history(tmp_path / "1.parquet", range(1, 5)))
    two, report = load(history(tmp_path / "2.parquet", range(3, 8)), one)
    whole = history(tmp_path / "w.parquet", range(1, 8))
    assert report.duplicates > 0 and report.rows_read == report.added + report.duplicates
    assert everything(bucket, two, tmp_path / "read") == contents(open_files([whole]))


def test_a_repeated_import_onto_the_same_state_overwrites_its_own_keys(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    path = history(tmp_path / "e.parquet", range(1, 4))
    one, _ = load(path)
    before = {key: bucket.get(key) for key in bucket.keys("")}
    two, _ = load(path)
    assert two == one
    assert {key: bucket.get(key) for key in bucket.keys("")} == before


def test_a_later_state_never_reuses_the_keys_of_an_earlier_one(load: Any, tmp_path: Path) -> None:
    first = history(tmp_path / "1.parquet", [1])
    path = history(tmp_path / "2.parquet", [2])
    base, _ = load(first)
    on_empty, _ = load(path)
    on_base, _ = load(path, base)
    assert not {p.gen for p in on_empty.parts} & {p.gen for p in on_base.parts}


def test_the_manifest_counts_users_events_and_kinds(load: Any, tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "e.parquet",
        user_id=["u1", "u1", "u2"],
        event=["b", "a", "b"],
        ts=["2026-01-05", "2026-01-06", "2026-01-07"],
        properties=['{"x": 1, "tags": [1], "n": null}', '{"ok": true}', '{"x": "one"}'],
    )
    manifest, report = load(path)
    day = to_day(date(2026, 1, 5))
    assert manifest.catalogue == {
        "a": EventEntry(1, day + 1, day + 1, {"ok": {"boolean": 1}}),
        "b": EventEntry(2, day, day + 2, {"tags": {"nested": 1}, "x": {"number": 1, "string": 1}}),
    }
    assert (manifest.events, manifest.first_day, manifest.last_day) == (3, day, day + 2)
    assert manifest.event_names == ("a", "b") and manifest.version == 1
    assert manifest.users == 2
    assert all(manifest.users_per_slot[slot_of(user_hash(u))] for u in ("u1", "u2"))
    assert report.events == {"a": 1, "b": 2}


def test_new_event_names_get_new_codes_and_old_ones_keep_theirs(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    one, _ = load(events(tmp_path / "1.parquet", ("u1", "m", "2026-01-05")))
    two, _ = load(events(tmp_path / "2.parquet", ("u1", "b", "2026-01-06")), one)
    assert two.event_names == ("m", "b")
    found = everything(bucket, two, tmp_path / "read")
    assert [(code, n) for _, code, _, n in found["activity"]] == [(0, 1), (1, 1)]


def test_late_events_move_a_users_first_day_back(load: Any, bucket: Bucket, tmp_path: Path) -> None:
    one, _ = load(events(tmp_path / "1.parquet", ("u1", "a", "2026-01-05")))
    two, report = load(events(tmp_path / "2.parquet", ("u1", "a", "2026-01-02")), one)
    assert (report.users, report.new_users) == (1, 0)
    day = to_day(date(2026, 1, 2))
    assert everything(bucket, two, tmp_path / "r")["users"] == [(user_hash("u1"), "u1", day, day)]
    assert two.users == 1


def test_a_long_history_lies_in_parts_by_month(load: Any, tmp_path: Path) -> None:
    rows = [("u1", "a", f"2026-{m:02d}-{d:02d}T00:00:00Z") for m in range(1, 5) for d in (1, 28)]
    manifest, _ = load(events(tmp_path / "e.parquet", *rows))
    spans = [(p.from_day, p.to_day, p.rows) for p in manifest.of("events")]
    assert spans == [(to_day(date(2026, m, 1)), to_day(date(2026, m, 28)), 2) for m in range(1, 5)]
    assert len(manifest.of("activity")) == 1


def test_many_daily_imports_keep_few_parts_and_the_same_tables(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    manifest = EMPTY
    for day in range(1, 17):
        manifest, _ = load(history(tmp_path / f"{day}.parquet", [day], users=3 + day), manifest)
    assert len(manifest.of("activity")) <= MAX_PARTS and len(manifest.of("users")) <= MAX_PARTS
    assert len(manifest.of("events")) <= MAX_PARTS + 1
    files = [tmp_path / f"{day}.parquet" for day in range(1, 17)]
    assert everything(bucket, manifest, tmp_path / "read") == contents(open_files(files))


def test_days_without_events_are_told(load: Any, tmp_path: Path) -> None:
    _, report = load(history(tmp_path / "e.parquet", [1, 2, 6]))
    (warning,) = report.warnings
    assert "3 of the 6 days" in warning and "the first: 2026-01-03" in warning


def test_the_report_accounts_for_every_row(load: Any, tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "e.parquet",
        user_id=["u1", "u1", None, "u2", "u3", "u1"],
        event=["a"] * 6,
        ts=["2026-01-05", "2026-01-05", "2026-01-05", "2026-01-01", "2026-01-09", "soon"],
        message_id=["m", "m", None, None, None, None],
    )
    _, report = load(path, since=date(2026, 1, 2), until=date(2026, 1, 8))
    document = report.to_json()
    assert document["rows_read"] == 6 and document["added"] == 1 and document["duplicates"] == 1
    assert (document["before_since"], document["after_until"]) == (1, 1)
    assert {k: v["count"] for k, v in document["set_aside"].items()} == {
        "no_user_id": 1,
        "unreadable_ts": 1,
    }
    assert "soon" in document["set_aside"]["unreadable_ts"]["example"]
    assert document["first_day"] == document["last_day"] == "2026-01-05"


def test_a_file_outside_the_wanted_days_adds_nothing(load: Any, tmp_path: Path) -> None:
    manifest, report = load(history(tmp_path / "e.parquet", [5]), until=date(2026, 1, 4))
    assert manifest is EMPTY and report.after_until == report.rows_read
    assert report.to_json()["last_day"] is None


def test_a_report_names_the_events_with_the_most_rows_and_counts_the_others() -> None:
    events = {f"event {number:04d}": 1 + number // 1_000 for number in range(2_500)}
    told = ImportReport("events", 1, 1, 0, {}, events=events, notes=("a note",)).to_json()
    assert len(told["events"]) == MOST_EVENTS
    assert list(told["events"])[:2] == ["event 1000", "event 1001"]
    assert told["notes"] == ["a note", "1,500 more events have 2,000 of the rows added"]
    assert sum(told["events"].values()) + 2_000 == sum(events.values())


def test_too_many_event_names_over_several_files_are_refused(
    load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = load(events(tmp_path / "1.parquet", ("u", "a", "2026-01-05")))
    monkeypatch.setattr(batch, "MAX_EVENT_NAMES", 1)
    with pytest.raises(InvalidFile, match="2 event names, the limit is 1"):
        load(events(tmp_path / "2.parquet", ("u", "b", "2026-01-05")), one)


# Profiles


def test_profiles_loaded_again_add_only_what_changed(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    one, report = load(
        parquet(tmp_path / "1.parquet", user_id=["u1", "u2"], plan=["free", "free"], age=[1, 2]),
        kind="profiles",
    )
    assert (report.added, report.new_users) == (4, 2)
    two, report = load(
        parquet(tmp_path / "2.parquet", user_id=["u1", "u2"], plan=["paid", "free"], age=[1, 2]),
        one,
        "profiles",
    )
    assert (report.added, report.duplicates, report.new_users) == (1, 3, 0)
    found = everything(bucket, two, tmp_path / "read")["profiles"]
    assert sorted(row[3] for row in found if row[1] == "plan") == ["free", "paid"]
    assert two.users == 2


def test_a_date_given_with_the_import_dates_undated_traits(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    people = parquet(tmp_path / "p.parquet", user_id=["u1"], plan=["free"])
    one, _ = load(people, kind="profiles", valid_from=date(2026, 1, 1))
    two, _ = load(
        parquet(tmp_path / "q.parquet", user_id=["u1"], plan=["paid"]),
        one,
        "profiles",
        valid_from=date(2026, 2, 1),
    )
    found = everything(bucket, two, tmp_path / "read")
    assert [(row[3], row[5], row[6]) for row in found["profiles"]] == [
        ("free", to_day(date(2026, 1, 1)), True),
        ("paid", to_day(date(2026, 2, 1)), True),
    ]
    assert found["users"] == [(user_hash("u1"), "u1", None, ALWAYS)]


def test_a_user_without_any_trait_value_is_still_a_user(
    load: Any, bucket: Bucket, tmp_path: Path
) -> None:
    people = parquet(tmp_path / "p.parquet", user_id=["u1", "u2"], plan=["free", None])
    manifest, _ = load(people, kind="profiles")
    assert manifest.users == 2
    assert len(everything(bucket, manifest, tmp_path / "read")["users"]) == 2
