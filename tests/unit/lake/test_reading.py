from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from intent_segments.errors import InvalidInput
from intent_segments.lake.layout import slot_of, slot_start, user_hash
from intent_segments.lake.manifest import Manifest, add_event_names, add_part, add_users
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import READABLE, open_lake, open_panel
from intent_segments.lake.tables import ALWAYS, SCHEMA
from intent_segments.lake.writer import write_part
from tests.unit.lake.storing import contents, everything

USERS = [f"u{i}" for i in range(40)]
HASH = {name: user_hash(name) for name in USERS}


def lake(bucket: Bucket, folder: Path, groups: int, **tables: list[list[Any]]) -> Manifest:
    """A lake with one part per list of rows, given as SQL values with user ids for uh."""
    manifest = add_event_names(Manifest(1, groups, "UTC"), ["a", "b"])
    con = duckdb.connect()
    for table, parts in tables.items():
        for number, rows in enumerate(parts):
            values = ", ".join(str(tuple(row)).replace("None", "NULL") for row in rows)
            names = {
                "events": "(event, uh, ts, day, properties, mid)",
                "activity": "(uh, event, day, n)",
                "users": "(uh, user_id, first_day, profile_day, has_profile)",
                "profiles": "(uh, property, kind, text, number, valid_from)",
            }[table]
            part = write_part(
                con,
                f"(SELECT * FROM (VALUES {values}) t{names})",
                table,
                f"gen{number}",
                groups,
                bucket,
                folder,
            )
            assert part is not None
            manifest = add_part(manifest, part)
    slots: dict[int, int] = {}
    for uh in HASH.values():
        slots[slot_of(uh)] = slots.get(slot_of(uh), 0) + 1
    return add_users(manifest, slots)


def test_an_empty_lake_has_empty_tables_of_the_schema(bucket: Bucket, tmp_path: Path) -> None:
    tables = open_lake(bucket, Manifest(0, 4, "UTC"), range(4), READABLE, None, tmp_path)
    for name, columns in SCHEMA.items():
        described = tables.con.execute(f"DESCRIBE {name}").fetchall()
        assert ", ".join(f"{row[0]} {row[1]}" for row in described) == columns
        assert tables.con.execute(f"SELECT count(*) FROM {name}").fetchall() == [(0,)]


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("parts", [1, 2])
def test_without_user_ids_the_tables_lack_that_column_and_nothing_else(
    bucket: Bucket, tmp_path: Path, parts: int, dated: bool
) -> None:
    manifest = lake(
        bucket,
        tmp_path,
        1,
        users=[[(HASH[name], name, day, day, True) for day, name in enumerate(USERS)]],
        profiles=[
            [
                (HASH[name], "plan", "string", plan, None, day if dated or name < "u2" else None)
                for day, name in enumerate(USERS)
            ]
            for plan in ("free", "plus")[:parts]
        ],
    )
    whole = open_lake(bucket, manifest, [0], READABLE, None, tmp_path)
    bare = open_lake(bucket, manifest, [0], READABLE, None, tmp_path, user_ids=False)
    assert [row[0] for row in bare.con.execute("DESCRIBE users").fetchall()] == [
        *("uh", "first_day", "entry_day")
    ]
    whole.con.execute("ALTER TABLE users DROP user_id")
    assert contents(bare) == contents(whole)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_filled_lake_has_tables_of_the_same_schema(
    bucket: Bucket, tmp_path: Path, parts: int
) -> None:
    u = HASH["u1"]
    manifest = lake(
        bucket,
        tmp_path,
        2,
        events=[[(0, u, 5, 0, "{}", p)] for p in range(parts)],
        activity=[[(u, 0, 0, 1)]] * parts,
        users=[[(u, "u1", 0, None, False)]] * parts,
        profiles=[[(u, "plan", "string", "free", None, None)]] * parts,
    )
    tables = open_lake(bucket, manifest, range(2), READABLE, None, tmp_path)
    for name, columns in SCHEMA.items():
        described = tables.con.execute(f"DESCRIBE {name}").fetchall()
        assert ", ".join(f"{row[0]} {row[1]}" for row in described) == columns


def test_counts_of_several_parts_are_added_up(bucket: Bucket, tmp_path: Path) -> None:
    u = HASH["u1"]
    manifest = lake(
        bucket, tmp_path, 2, activity=[[(u, 0, 5, 1), (u, 1, 5, 1)], [(u, 0, 5, 2), (u, 0, 6, 4)]]
    )
    found = everything(bucket, manifest, tmp_path)["activity"]
    assert found == [(u, 0, 5, 3), (u, 0, 6, 4), (u, 1, 5, 1)]


def test_a_user_of_several_parts_has_the_earliest_days(bucket: Bucket, tmp_path: Path) -> None:
    one, two, three = HASH["u1"], HASH["u2"], HASH["u3"]
    manifest = lake(
        bucket,
        tmp_path,
        1,
        users=[
            [(one, "u1", 9, None, False), (two, "u2", 8, None, False)],
            [(one, "u1", 5, None, False), (two, "u2", None, 3, True), (three, "u3", None, 1, True)],
        ],
    )
    assert sorted(everything(bucket, manifest, tmp_path)["users"]) == sorted(
        [(one, "u1", 5, 5), (two, "u2", 8, 3), (three, "u3", None, ALWAYS)]
    )


def test_the_newest_part_wins_for_a_trait_of_one_day(bucket: Bucket, tmp_path: Path) -> None:
    u = HASH["u1"]
    manifest = lake(
        bucket,
        tmp_path,
        1,
        users=[[(u, "u1", 5, 3, True)]],
        profiles=[
            [(u, "plan", "string", "old", None, None), (u, "plan", "string", "x", None, 7)],
            [(u, "plan", "string", "new", None, None), (u, "plan", "string", "early", None, 3)],
        ],
    )
    found = everything(bucket, manifest, tmp_path)["profiles"]
    assert sorted(found, key=lambda row: row[5]) == [
        (u, "plan", "string", "early", None, 3, True),
        (u, "plan", "string", "new", None, 5, False),
        (u, "plan", "string", "x", None, 7, True),
    ]


def test_a_dated_trait_of_the_first_day_counts_before_an_undated_one(
    bucket: Bucket, tmp_path: Path
) -> None:
    u = HASH["u1"]
    manifest = lake(
        bucket,
        tmp_path,
        1,
        users=[[(u, "u1", 5, 5, True)]],
        profiles=[
            [(u, "plan", "string", "dated", None, 5)],
            [(u, "plan", "string", "undated", None, None)],
        ],
    )
    assert [row[3] for row in everything(bucket, manifest, tmp_path)["profiles"]] == ["dated"]


def test_days_keep_rows_and_skip_files(bucket: Bucket, tmp_path: Path) -> None:
    u = HASH["u1"]
    manifest = lake(
        bucket,
        tmp_path,
        1,
        events=[[(0, u, d, d, "{}", d) for d in range(p * 10, p * 10 + 10)] for p in range(3)],
        activity=[[(u, 0, d, 1) for d in range(p * 10, p * 10 + 10)] for p in range(3)],
    )
    cache = tmp_path / "cache"
    tables = open_lake(bucket, manifest, [0], {"events", "activity"}, (8, 12), cache)
    for name in ("events", "activity"):
        days = tables.con.execute(f"SELECT day FROM {name} ORDER BY day").fetchall()
        assert [day for (day,) in days] == [8, 9, 10, 11, 12]
    assert len(list(cache.rglob("*.parquet"))) == 4


def test_only_the_asked_groups_and_tables_are_fetched(bucket: Bucket, tmp_path: Path) -> None:
    rows = [(HASH[name], 0, 1, 1) for name in USERS]
    people = [(HASH[name], name, 1, None, False) for name in USERS]
    manifest = lake(bucket, tmp_path, 4, activity=[rows], users=[people])
    cache = tmp_path / "cache"
    tables = open_lake(bucket, manifest, [1, 3], {"activity"}, None, cache)
    low, high = slot_start(1024), slot_start(2048)
    kept = {uh for uh in HASH.values() if low <= uh < high or uh >= slot_start(3072)}
    found = tables.con.execute("SELECT uh FROM activity").fetchall()
    assert {uh for (uh,) in found} == kept
    assert sorted(path.name for path in cache.rglob("*.parquet")) == [
        "g=0001.parquet",
        "g=0003.parquet",
    ]
    assert tables.con.execute("SELECT count(*) FROM users").fetchall() == [(0,)]


@pytest.mark.parametrize("groups", [1, 3, 16, 64])
def test_the_panel_is_the_same_users_at_any_number_of_groups(
    bucket: Bucket, tmp_path: Path, groups: int
) -> None:
    manifest = lake(
        bucket,
        tmp_path,
        groups,
        activity=[[(HASH[name], 0, 1, 1) for name in USERS]],
        users=[[(HASH[name], name, 1, None, True) for name in USERS]],
        profiles=[[(HASH[name], "p", "number", None, 1.0, None) for name in USERS]],
        events=[[(0, HASH[name], 1, 1, "{}", 1) for name in USERS]],
    )
    tables = open_panel(bucket, manifest, READABLE, None, tmp_path, at_least=10)
    lowest = set(sorted(HASH.values())[:10])
    for name in READABLE:
        found = tables.con.execute(f"SELECT uh FROM {name}").fetchall()
        assert {uh for (uh,) in found} == lowest
    whole = open_panel(bucket, manifest, {"users"}, None, tmp_path)
    assert whole.con.execute("SELECT count(*) FROM users").fetchall() == [(40,)]


@pytest.mark.parametrize("groups", [4, 16])
def test_every_number_of_groups_gives_the_same_tables(
    bucket: Bucket, tmp_path: Path, groups: int
) -> None:
    given: dict[str, list[list[Any]]] = {
        "activity": [[(HASH[name], 0, d, d) for name in USERS] for d in range(1, 3)],
        "users": [[(HASH[name], name, 1, None, True) for name in USERS]],
        "profiles": [[(HASH[name], "p", "string", name, None, 1) for name in USERS]],
        "events": [[(0, HASH[name], 1, 1, "{}", 1) for name in USERS]],
    }
    one = lake(bucket, tmp_path, 1, **given)
    expected = everything(bucket, one, tmp_path / "one")
    many = lake(bucket, tmp_path, groups, **given)
    assert everything(bucket, many, tmp_path / "many") == expected
    assert contents(open_lake(bucket, many, [], READABLE, None, tmp_path))["users"] == []


def test_unknown_groups_and_tables_are_refused(bucket: Bucket, tmp_path: Path) -> None:
    manifest = Manifest(0, 4, "UTC")
    with pytest.raises(InvalidInput, match=r"groups must be of 0\.\.3, not 4"):
        open_lake(bucket, manifest, [4], {"users"}, None, tmp_path)
    with pytest.raises(InvalidInput, match="tables must be of"):
        open_lake(bucket, manifest, [0], {"people"}, None, tmp_path)


def test_equal_content_gives_equal_files(bucket: Bucket, tmp_path: Path) -> None:
    rows = [(HASH[name], 0, d, 1) for name in USERS for d in range(3)]
    lake(bucket, tmp_path, 1, activity=[rows])
    first = bucket.get("activity/gen0/g=0000.parquet")
    lake(bucket, tmp_path, 1, activity=[rows[::-1]])
    assert bucket.get("activity/gen0/g=0000.parquet") == first
