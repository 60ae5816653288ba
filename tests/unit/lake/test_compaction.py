from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from intent_segments.events.batch import MONTHLY_FROM_DAYS
from intent_segments.events.spans import spans
from intent_segments.lake.calendar import from_day, to_day
from intent_segments.lake.compaction import MAX_MONTHS, MAX_PARTS, compact, run_to_merge
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


def merged(run: list[Part]) -> Part:
    """What compaction makes of a run, by its sizes and days."""
    days = [d for p in run for d in (p.from_day or 0, p.to_day or 0)]
    size = sum(p.bytes for p in run)
    return Part(run[0].table, f"m{run[0].gen}+{len(run)}", min(days), max(days), 1, size, (0,))


def test_four_hundred_days_of_imports_with_late_events_keep_every_read_within_its_bound() -> None:
    """Every day a file of its events, every third day one with events of up to 90 days before."""
    tables: dict[str, list[Part]] = {"events": [], "activity": [], "users": []}
    written = rewritten = 0
    most_for_a_month = 0
    for number in range(400):
        day = JAN1 + number
        arriving = [(day, day)] + ([(day - 90 + number % 60, day - 1)] if number % 3 == 0 else [])
        for low, high in arriving:
            for table, parts in tables.items():
                spans_of_file = [(low, high)]
                if table == "events" and high - low + 1 > MONTHLY_FROM_DAYS:
                    spans_of_file = [(a, b - 1) for _, a, b in spans(low, high)]
                for first, last in spans_of_file:
                    gen = f"{number}-{first}-{len(parts)}"
                    parts.append(Part(table, gen, max(first, low), min(last, high), 1, 100, (0,)))
                    written += 100
                while run := run_to_merge(parts):
                    new = merged(run)
                    rewritten += new.bytes
                    parts[parts.index(run[0])] = new
                    parts[:] = [p for p in parts if p not in run]
            assert len(tables["activity"]) <= MAX_PARTS and len(tables["users"]) <= MAX_PARTS
            months = {
                (d.year, d.month) for p in tables["events"] for d in [from_day(p.from_day or 0)]
            }
            assert len(tables["events"]) <= len(months) + MAX_PARTS
        last_30 = (day - 29, day)
        most_for_a_month = max(most_for_a_month, sum(p.overlaps(last_30) for p in tables["events"]))
    # A question about 30 days opens 2 months, those before that late events reach back from, and
    # the newest parts.
    assert most_for_a_month <= MAX_PARTS + 4
    assert rewritten / written < 8


def test_more_months_than_ten_years_become_one_with_their_smallest_neighbours() -> None:
    first = [date(1990 + m // 12, m % 12 + 1, 1) for m in range(MAX_MONTHS + 30)]
    parts = [part(i, 1_000 if i >= 40 else 1, "events", to_day(d)) for i, d in enumerate(first)]
    while run := run_to_merge(parts):
        parts[parts.index(run[0])] = merged(run)
        parts[:] = [p for p in parts if p not in run]
    assert len(parts) == MAX_MONTHS
    # Only the small old ones were merged.
    assert sum(p.bytes == 1_000 for p in parts) == MAX_MONTHS + 30 - 40


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
