"""An event counts once, however often it comes and whenever, on the day on which it happened."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from intent_segments.errors import InvalidFile
from intent_segments.events import importer
from intent_segments.events.batch import SAME_ID_DAYS
from intent_segments.events.importer import import_file
from intent_segments.events.open_files import open_files
from intent_segments.events.report import ImportReport
from intent_segments.lake.calendar import to_day
from intent_segments.lake.compaction import MAX_PARTS
from intent_segments.lake.layout import user_hash
from intent_segments.lake.manifest import Manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import READABLE, open_lake
from intent_segments.segments import evaluate
from intent_segments.segments.definition import parse
from tests.unit.events.making import events, parquet, text
from tests.unit.lake.storing import contents, everything

Load = Callable[..., tuple[Manifest, ImportReport]]
DAY = date(2026, 1, 5)


@pytest.fixture
def load(bucket: Bucket, tmp_path: Path) -> Load:
    def run(path: Path, manifest: Manifest | None = None, **options: Any) -> Any:
        base = manifest or Manifest(0, 2, "UTC")
        return import_file(path, "events", base, bucket, tmp_path / "cache", **options)

    return run


def named(path: Path, *rows: tuple[str, str, str]) -> Path:
    """Events of (user, ts, message_id)."""
    users, times, ids = zip(*rows, strict=True)
    return parquet(
        path, user_id=list(users), event=["a"] * len(rows), ts=list(times), message_id=list(ids)
    )


@pytest.mark.parametrize(("apart", "added"), [(0, 0), (1, 0), (SAME_ID_DAYS, 0), (8, 1)])
def test_a_message_id_of_an_earlier_file_counts_once_within_a_week(
    load: Load, tmp_path: Path, apart: int, added: int
) -> None:
    one, _ = load(named(tmp_path / "1.parquet", ("u", DAY.isoformat(), "m")))
    for sign in (1, -1):
        ts = (DAY + timedelta(days=sign * apart)).isoformat()
        _, report = load(named(tmp_path / f"{sign}.parquet", ("u", ts, "m")), one)
        assert (report.added, report.duplicates) == (added, 1 - added)


def test_how_far_apart_counts_and_not_in_which_part_the_event_lies(
    load: Load, tmp_path: Path
) -> None:
    # The stored part spans both days, so that looking into it finds the other id as well.
    long = named(tmp_path / "1.parquet", ("u", "2026-01-05", "m"), ("u", "2026-01-20", "n"))
    one, _ = load(long)
    _, report = load(named(tmp_path / "2.parquet", ("u", "2026-01-20", "m")), one)
    assert report.added == 1


def test_a_message_id_counts_once_within_a_file_however_far_apart(
    load: Load, tmp_path: Path
) -> None:
    path = named(tmp_path / "1.parquet", ("u", "2026-01-05", "m"), ("u", "2026-12-05", "m"))
    _, report = load(path)
    assert (report.added, report.duplicates) == (1, 1)


def test_the_same_message_id_of_another_user_is_another_event(load: Load, tmp_path: Path) -> None:
    one, _ = load(named(tmp_path / "1.parquet", ("u", "2026-01-05", "m")))
    _, report = load(named(tmp_path / "2.parquet", ("v", "2026-01-05", "m")), one)
    assert report.added == 1


def test_a_file_loaded_again_months_later_adds_nothing(load: Load, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", *[("u", "a", f"2026-01-{d:02d}") for d in range(1, 29)])
    manifest, _ = load(path)
    for month in range(2, 6):
        later = events(tmp_path / f"{month}.parquet", ("u", "a", f"2026-{month:02d}-10"))
        manifest, _ = load(later, manifest)
    again, report = load(path, manifest)
    assert again is manifest and report.duplicates == 28


def test_a_late_event_counts_once_on_its_day_though_that_day_was_closed_and_compacted(
    load: Load, bucket: Bucket, tmp_path: Path
) -> None:
    manifest = Manifest(0, 2, "UTC")
    for number in range(MAX_PARTS + 2):
        day = (DAY + timedelta(days=number)).isoformat()
        manifest, _ = load(events(tmp_path / f"{number}.parquet", ("u", "a", day)), manifest)
    assert len(manifest.of("activity")) < MAX_PARTS
    late = events(tmp_path / "late.parquet", ("late", "a", DAY.isoformat()))
    for _ in range(3):
        manifest, _ = load(late, manifest)
    found = everything(bucket, manifest, tmp_path / "read")
    assert [row for row in found["activity"] if row[2] == to_day(DAY)] == sorted(
        [(user_hash(u), 0, to_day(DAY), 1) for u in ("u", "late")], key=repr
    )
    tables = open_lake(bucket, manifest, range(2), READABLE, None, tmp_path / "r")
    did = parse({"did": {"event": "a"}})
    assert set(evaluate.member_ids(tables, did, DAY)) == {"u", "late"}
    assert set(evaluate.member_ids(tables, did, DAY - timedelta(days=1))) == set()


def test_the_lake_counts_events_by_day(load: Load, tmp_path: Path) -> None:
    one, _ = load(
        events(tmp_path / "1.parquet", ("u", "a", "2026-01-05"), ("v", "a", "2026-01-05"))
    )
    two, _ = load(
        events(tmp_path / "2.parquet", ("u", "b", "2026-01-05"), ("u", "b", "2026-01-01")), one
    )
    assert two.events_per_day == {to_day(DAY) - 4: 1, to_day(DAY): 3}


# Large files


def test_a_file_taken_in_pieces_gives_the_same_lake_and_the_same_report(
    load: Load, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f"u{i % 37}", "ab"[i % 2], f"2026-01-{1 + i % 20:02d}") for i in range(500)]
    path = events(tmp_path / "e.parquet", *rows, ("", "a", "2026-01-01"), ("u", "a", "soon"))
    known = events(tmp_path / "k.parquet", *rows[:100])
    base, _ = load(known)
    whole, one = load(path, base)
    expected = everything(bucket, whole, tmp_path / "w")
    monkeypatch.setattr(importer, "PIECE_ROWS", 100)
    monkeypatch.setattr("intent_segments.events.normalize.PIECE_ROW_BYTES", 1 << 20)
    pieces, many = load(path, base)
    assert len(pieces.of("events")) == len(base.of("events")) + 6
    assert everything(bucket, pieces, tmp_path / "p") == expected
    counts = [{r: a.count for r, a in report.set_aside.items()} for report in (one, many)]
    assert counts[0] == counts[1] == {"no_user_id": 1, "unreadable_ts": 1}
    told = [report.to_json() | {"set_aside": None} for report in (one, many)]
    assert told[0] == told[1]
    assert pieces.events_per_day == whole.events_per_day and pieces.catalogue == whole.catalogue
    assert pieces.users_per_slot == whole.users_per_slot
    again, report = load(path, pieces)
    assert again is pieces and report.added == 0


def test_a_file_in_pieces_without_a_usable_row_is_refused_as_a_whole(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "PIECE_ROWS", 2)
    path = events(tmp_path / "e.parquet", *[(f"u{i}", "a", "soon") for i in range(9)])
    with pytest.raises(InvalidFile, match="none of its 9 rows"):
        load(path)


def test_wrong_clocks_make_a_part_per_year_and_not_per_month(load: Load, tmp_path: Path) -> None:
    years = range(1970, 2100, 3)
    manifest, _ = load(events(tmp_path / "e.parquet", *[("u", "a", f"{y}-02-03") for y in years]))
    assert len(manifest.of("events")) == len(years)


# Rows that are set aside


def test_rows_set_aside_lie_in_a_file_that_can_be_mended_and_loaded(
    load: Load, bucket: Bucket, tmp_path: Path
) -> None:
    path = text(
        tmp_path / "e.csv",
        "user_id,event,ts,properties,message_id",
        *[f"u{i},a,2026-01-05,,m{i}" for i in range(40)],
        'u50,a,soon,"{""amount"": 5}",m50',
        "u51,a,2026-01-05,{broken,m51",
        "u52,a",
    )
    one, report = load(path, rejected="rejected/1/e.csv.jsonl.gz")
    assert report.rejected == "rejected/1/e.csv.jsonl.gz"
    assert (report.added, report.rows_read, report.broken_properties) == (41, 43, 1)
    lines = gzip.decompress(bucket.get(report.rejected)).decode().splitlines()
    found = [json.loads(line) for line in lines]
    malformed, *rows = sorted(found, key=lambda row: row.get("user_id") or "")
    assert malformed == {
        "set_aside": "line 44 has 2 values, the header has 5",
        "line": 44,
        "text": "u52,a",
    }
    assert rows == [
        {
            "set_aside": "unreadable_ts",
            "user_id": "u50",
            "event": "a",
            "ts": "soon",
            "message_id": "m50",
            "properties": '{"amount":5}',
        },
        {
            "set_aside": "broken_properties",
            "user_id": "u51",
            "event": "a",
            "ts": "2026-01-05",
            "message_id": "m51",
            "properties": "{broken",
        },
    ]
    mended = tmp_path / "mended.jsonl"
    mended.write_text("\n".join(lines).replace("soon", "2026-01-05"))
    two, report = load(mended, one)
    assert report.added == 1
    assert two.catalogue["a"].properties == {"amount": {"number": 1}}


def test_profiles_without_a_user_are_set_aside_in_a_file_too(
    bucket: Bucket, tmp_path: Path
) -> None:
    path = text(tmp_path / "p.csv", "user_id,city", "u1,Ulm", ",Bonn")
    manifest = Manifest(0, 2, "UTC")
    _, report = import_file(
        path, "profiles", manifest, bucket, tmp_path / "c", rejected="rejected/1/p.jsonl.gz"
    )
    assert report.rejected is not None
    (line,) = gzip.decompress(bucket.get(report.rejected)).decode().splitlines()
    assert json.loads(line) == {"set_aside": "no_user_id", "user_id": None, "city": "Bonn"}


def test_a_file_of_sound_rows_leaves_no_rejected_file(
    load: Load, bucket: Bucket, tmp_path: Path
) -> None:
    path = events(tmp_path / "e.parquet", ("u", "a", "2026-01-05"))
    manifest, report = load(path, rejected="rejected/1/e.jsonl.gz")
    assert report.rejected is None and bucket.keys("rejected/") == []
    assert everything(bucket, manifest, tmp_path / "r") == contents(open_files([path]))
