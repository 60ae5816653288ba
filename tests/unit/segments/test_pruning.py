"""What a segment reads, counted: files fetched, bytes of them, row groups and columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from intent_segments.events.importer import import_file
from intent_segments.lake.calendar import MICROS_PER_DAY, to_day
from intent_segments.lake.manifest import Manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import open_lake
from intent_segments.lake.tables import Tables
from intent_segments.segments import evaluate
from intent_segments.segments.compile import Reads, compile_members, reads
from intent_segments.segments.definition import parse
from tests.unit.lake.storing import empty_bucket

AS_OF = date(2026, 6, 30)
NAMES = ("open", "view", "buy", "quit")
SHARES = (0.6, 0.3, 0.09, 0.01)
ROWS, USERS, MONTHS = 600_000, 3_000, 6
JUNE = 0.85
"""Of the events: more than one row group of each file of that month."""
WEEK = {"days": 7}
BOUGHT = {"event": "buy", "within": WEEK, "where": [{"property": "amount", "gte": 50}]}


@dataclass(frozen=True)
class Counted(Bucket):
    """A bucket that remembers what was fetched."""

    fetched: list[str] = field(default_factory=list)

    def fetch(self, keys: Iterable[str], folder: Path) -> list[Path]:
        wanted = list(keys)
        self.fetched.extend(wanted)
        return super().fetch(wanted, folder)

    def take(self, table: str) -> list[str]:
        return [key for key in self.fetched if key.startswith(f"{table}/")]

    def bytes(self, keys: Iterable[str]) -> int:
        return sum(self.size(key) or 0 for key in keys)


@dataclass(frozen=True)
class Lake:
    bucket: Counted
    manifest: Manifest
    folder: Path

    def open(self, definition: Any, **changes: Any) -> tuple[Tables, Reads]:
        needed = reads([parse(definition)], AS_OF)
        given: dict[str, Any] = {"user_ids": False, "single": needed.single, "once": True}
        self.bucket.fetched.clear()
        tables = open_lake(
            self.bucket,
            self.manifest,
            range(self.manifest.groups),
            needed.tables,
            None,
            self.folder,
            **{**given, **changes},
        )
        return tables, needed


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Half a year of events of two groups of users, imported as one file, so in monthly parts; and
    later a `refund`, and an `open` more of everybody on a day that they had been loaded for."""
    folder = tmp_path_factory.mktemp("lake")
    with empty_bucket() as bucket:
        counted = Counted(bucket.name)
        rng = np.random.default_rng(5)
        first, days = to_day(date(2026, 1, 1)), to_day(AS_OF) - to_day(date(2026, 1, 1)) + 1
        since = np.where(rng.random(ROWS) < JUNE, days - 30, 0)
        micros = (first + since + rng.random(ROWS) * (days - since)) * MICROS_PER_DAY
        texts = pa.array([json.dumps({"amount": n, "note": f"note {n}"}) for n in range(100)])
        path = folder / "events.parquet"
        pq.write_table(
            pa.table(
                {
                    "user_id": pa.array(rng.integers(0, USERS, ROWS)).cast(pa.string()),
                    "event": pa.array(NAMES).take(pa.array(rng.choice(4, ROWS, p=SHARES))),
                    "ts": pa.array(micros.astype(np.int64)).cast(pa.timestamp("us", tz="UTC")),
                    "properties": texts.take(pa.array(rng.integers(0, 100, ROWS))),
                    "message_id": pa.array(np.arange(ROWS)),
                }
            ),
            path,
        )
        manifest, _ = import_file(path, "events", Manifest(0, 2, "UTC"), counted, folder / "work")
        later = folder / "later.parquet"
        more = {
            "user_id": ["1", *map(str, range(USERS))],
            "event": ["refund", *["open"] * USERS],
            "ts": ["2026-06-29T10:00:00Z"] * (USERS + 1),
        }
        pq.write_table(pa.table(more), later)
        manifest, _ = import_file(later, "events", manifest, counted, folder / "work")
        yield Lake(counted, manifest, folder / "cache")


def test_a_segment_on_daily_counts_opens_no_single_event(lake: Lake) -> None:
    tables, needed = lake.open({"did": {"event": "open", "count": {"gte": 3}, "within": WEEK}})
    assert needed.tables == {"activity"}
    assert {key.split("/")[0] for key in lake.bucket.fetched} == {"activity"}
    assert tables.con.execute("SELECT COUNT(*) FROM events").fetchall() == [(0,)]


def test_only_tables_that_a_clause_asks_are_opened(lake: Lake) -> None:
    trait = {"profile": {"property": "plan", "eq": "pro"}}
    assert reads([parse(trait)], AS_OF).tables == {"users", "profiles"}
    assert reads([parse({"all": []})], AS_OF).tables == {"users"}
    assert reads([parse({"did_not": {"event": "open"}})], AS_OF).tables == {"users", "activity"}
    both = reads([parse({"did": BOUGHT}), parse(trait)], AS_OF).tables
    assert both == {"events", "users", "profiles"}


def test_seven_days_of_one_event_open_the_parts_of_these_days_alone(lake: Lake) -> None:
    """A month of six; and not the later part of the same days, which has other events."""
    lake.open({"did": BOUGHT})
    pruned = lake.bucket.take("events")
    lake.open({"did": BOUGHT}, single=None)
    everything = lake.bucket.take("events")
    (june,) = [
        part for part in lake.manifest.of("events") if part.from_day == to_day(date(2026, 6, 1))
    ]
    assert pruned == june.keys([0, 1])
    assert len(everything) == 2 * (MONTHS + 1)
    assert lake.bucket.bytes(pruned) < lake.bucket.bytes(everything)


def test_an_event_that_one_part_alone_has_opens_that_part(lake: Lake) -> None:
    lake.open({"did": {"event": "refund", "within": {"hours": 30}}})
    assert lake.bucket.take("events") == lake.manifest.of("events")[-1].keys([0, 1])


def test_of_open_files_only_row_groups_and_columns_in_question_are_read(
    lake: Lake, tmp_path: Path
) -> None:
    tables, _ = lake.open({"did": BOUGHT})
    profile = profiled(tables, {"did": BOUGHT}, tmp_path / "profile.json")
    (scan,) = [node for node in operators(profile) if node["type"] == "TABLE_SCAN"]
    assert sorted(scan["extra_info"]["Projections"]) == ["properties", "uh"]
    # Rows are sorted by event and time, 122,880 to a row group: `buy` lies in one of each file's.
    assert (scan["row_groups_scanned"], scan["total_row_groups_to_scan"]) == (2, 6)
    inside = tables.con.execute(
        "SELECT COUNT(*) FROM events WHERE day > $day AND event = $event",
        {"day": to_day(AS_OF) - 7, "event": tables.event_codes()["buy"]},
    ).fetchall()[0][0]
    assert scan["rows_scanned"] < 2 * inside
    size = lake.bucket.bytes(lake.bucket.take("events"))
    assert profile["io"]["total_bytes_read"] < size / 3


def profiled(tables: Tables, definition: Any, path: Path) -> dict[str, Any]:
    """DuckDB's own account of a query."""
    query = compile_members(parse(definition), AS_OF, event_codes=tables.event_codes())
    tables.con.execute("PRAGMA enable_profiling='json'")
    tables.con.execute(f"PRAGMA profiling_output='{path}'")
    tables.con.execute(query.sql, dict(query.params)).fetchall()
    tables.con.execute("PRAGMA disable_profiling")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def operators(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for inner in node.get("operator", []) + node.get("children", []):
        yield inner
        yield from operators(inner)


@pytest.mark.parametrize(
    "definition",
    [
        {"did": BOUGHT},
        {"did_not": {"event": "quit", "within": {"hours": 200}}},
        {
            "sequence": [{"event": "view"}, {"event": "buy", "within": {"hours": 1}}],
            "within": {"days": 40},
        },
        {
            "any": [
                {"did": BOUGHT},
                {"did": {"event": "refund", "on": {"hours": {"from": 9, "to": 12}}}},
            ]
        },
        {"all": [{"did": {"event": "open", "days": {"gte": 25}}}, {"not": {"did": BOUGHT}}]},
        {"did": {"event": "open", "days": {"gte": 47}}},
        {"did": {"event": "open", "days": {"lte": 5}, "within": {"days": 6}}},
        {"did": {"event": "buy", "first_time": True, "within": {"days": 150}}},
    ],
)
def test_what_is_left_out_changes_no_answer(lake: Lake, definition: Any) -> None:
    pruned, _ = lake.open(definition)
    whole, _ = lake.open(definition, single=None, once=False)
    expected = evaluate.members(whole, parse(definition), AS_OF)
    assert 0 < len(expected) < USERS
    assert np.array_equal(evaluate.members(pruned, parse(definition), AS_OF), expected)


def test_parts_from_before_their_events_were_kept_are_opened(lake: Lake) -> None:
    old = replace(
        lake.manifest, parts=tuple(replace(part, events=None) for part in lake.manifest.parts)
    )
    replace(lake, manifest=old).open({"did": {"event": "refund", "within": {"hours": 30}}})
    assert len(lake.bucket.take("events")) == 4


def test_counts_of_several_parts_are_added_up_only_where_parts_share_a_day(lake: Lake) -> None:
    definition = {"did": {"event": "open", "days": {"gte": 47}}}
    assert not lake.open(definition)[0].added_up
    assert lake.open(definition, once=False)[0].added_up
    first, second = lake.manifest.of("activity")
    assert second.from_day is not None
    apart = [replace(first, to_day=second.from_day - 1), second]
    others = [part for part in lake.manifest.parts if part.table != "activity"]
    nightly = replace(lake.manifest, parts=(*others, *apart))
    assert replace(lake, manifest=nightly).open(definition)[0].added_up
