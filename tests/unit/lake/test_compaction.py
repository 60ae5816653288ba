from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from intent_segments.lake.calendar import to_day
from intent_segments.lake.compaction import MAX_PARTS, compact, run_to_merge
from intent_segments.lake.layout import user_hash
from intent_segments.lake.manifest import TABLES, Manifest, Part, add_event_names, add_part
from intent_segments.lake.objects import Bucket
from intent_segments.lake.writer import write_part
from tests.unit.lake.storing import everything

JAN1 = to_day(date(2026, 1, 1))


def part(number: int, size: int, table: str = "activity", day: int = JAN1) -> Part:
    return Part(table, f"g{number}", day, day, 1, size, (0,))


def test_twelve_parts_stay_as_they_are() -> None:
    assert run_to_merge([part(i, 10) for i in range(MAX_PARTS)]) == []
    assert run_to_merge([]) == []


def test_the_thirteenth_part_is_merged_with_small_neighbours_but_not_with_the_large_old_one() -> (
    None
):
    parts = [part(0, 10_000), *[part(i, 10) for i in range(1, 13)]]
    assert run_to_merge(parts) == parts[1:]


def test_rows_are_rewritten_seldom_as_daily_parts_arrive() -> None:
    parts: list[Part] = []
    rewritten = 0
    for day in range(730):
        parts.append(part(day, 100))
        while run := run_to_merge(parts):
            size = sum(p.bytes for p in run)
            rewritten += size
            start = parts.index(run[0])
            parts[start : start + len(run)] = [part(10_000 + day, size)]
        assert len(parts) <= MAX_PARTS
    assert rewritten / (730 * 100) < 6


def test_events_are_merged_within_a_month_only() -> None:
    parts = [part(m, 10, "events", to_day(date(2025, m, 1))) for m in range(1, 13)]
    parts += [part(100 + d, 10, "events", JAN1 + d) for d in range(13)]
    assert run_to_merge(parts) == []
    parts.append(part(200, 10, "events", JAN1 + 13))
    assert run_to_merge(parts) == parts[12:]


def test_merging_changes_no_table(bucket: Bucket, tmp_path: Path) -> None:
    manifest = add_event_names(Manifest(1, 2, "UTC"), ["a"])
    con = duckdb.connect()
    for number in range(14):
        users = [(user_hash(f"u{i % 7}"), f"u{i % 7}", i) for i in range(number, number + 5)]
        values: dict[str, list[tuple[object, ...]]] = {
            "events": [(0, uh, i, JAN1 + i, f'{{"n":{number}}}', number) for uh, _, i in users],
            "activity": [(uh, 0, JAN1 + i % 3, i) for uh, _, i in users],
            "users": [(uh, name, 30 - i, i, i % 2 == 0) for uh, name, i in users],
            "profiles": [
                (uh, "p", "string", str(number), 0.0, i % 4 if i % 4 else None)
                for uh, _, i in users
            ],
        }
        columns = {
            "events": "(event, uh, ts, day, properties, mid)",
            "activity": "(uh, event, day, n)",
            "users": "(uh, user_id, first_day, profile_day, has_profile)",
            "profiles": "(uh, property, kind, text, number, valid_from)",
        }
        for table in TABLES:
            listed = ", ".join(str(row).replace("None", "NULL") for row in values[table])
            made = write_part(
                con,
                f"(SELECT * FROM (VALUES {listed}) t{columns[table]})",
                table,
                f"g{number}",
                manifest.groups,
                bucket,
                tmp_path,
            )
            assert made is not None
            manifest = add_part(manifest, made)
    merged = compact(con, manifest, bucket, tmp_path)
    assert all(len(merged.of(table)) <= MAX_PARTS + (table == "events") for table in TABLES)
    assert len(manifest.of("users")) == 14
    assert everything(bucket, merged, tmp_path) == everything(bucket, manifest, tmp_path)
    assert sum(p.rows for p in merged.of("events")) == sum(p.rows for p in manifest.of("events"))
    again = compact(con, manifest, bucket, tmp_path)
    assert again == merged
