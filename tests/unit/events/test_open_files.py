from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from intent_segments.errors import InvalidFile, InvalidInput
from intent_segments.events.open_files import open_files
from intent_segments.lake.calendar import to_day
from intent_segments.lake.layout import user_hash
from intent_segments.lake.tables import ALWAYS, SCHEMA, Tables
from tests.unit.events.making import events, parquet, text

JAN5 = to_day(date(2026, 1, 5))


def rows(tables: Tables, sql: str) -> list[Any]:
    return tables.con.execute(sql).fetchall()


def test_the_tables_have_the_documented_columns(tmp_path: Path) -> None:
    tables = open_files([events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))])
    for name, columns in SCHEMA.items():
        described = rows(tables, f"DESCRIBE {name}")
        assert ", ".join(f"{row[0]} {row[1]}" for row in described) == columns


def test_events_are_coded_in_alphabetical_order_and_rolled_up_by_day(tmp_path: Path) -> None:
    path = events(
        tmp_path / "e.parquet",
        ("u1", "buy", "2026-01-06T10:00:00Z"),
        ("u1", "buy", "2026-01-06T11:00:00Z"),
        ("u1", "add", "2026-01-05T10:00:00Z"),
    )
    tables = open_files([path])
    assert tables.event_codes() == {"add": 0, "buy": 1}
    assert sorted(rows(tables, "SELECT event, day, n FROM activity")) == [
        (0, JAN5, 1),
        (1, JAN5 + 1, 2),
    ]
    assert rows(tables, "SELECT uh, user_id, first_day, entry_day FROM users") == [
        (user_hash("u1"), "u1", JAN5, JAN5)
    ]


def test_an_event_in_two_files_counts_once_and_twins_in_one_file_twice(tmp_path: Path) -> None:
    twin = ("u1", "a", "2026-01-05")
    one = events(tmp_path / "1.parquet", twin, twin, ("u2", "a", "2026-01-05"))
    two = events(tmp_path / "2.parquet", twin, ("u2", "a", "2026-01-05"), ("u3", "b", "2026-01-07"))
    tables = open_files([one, two, one])
    assert rows(tables, "SELECT count(*) FROM events") == [(4,)]
    assert rows(tables, "SELECT count(*) FROM users") == [(3,)]
    assert rows(tables, "SELECT user_id, n FROM activity JOIN users USING (uh) ORDER BY 1") == [
        ("u1", 2),
        ("u2", 1),
        ("u3", 1),
    ]


def test_a_user_without_events_has_always_been_in_the_universe(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    people = parquet(tmp_path / "p.parquet", user_id=["u1", "u2"], city=["Ulm", None])
    tables = open_files([path], people)
    assert rows(tables, "SELECT user_id, first_day, entry_day FROM users ORDER BY user_id") == [
        ("u1", JAN5, JAN5),
        ("u2", None, ALWAYS),
    ]


def test_an_undated_trait_enters_with_its_user_and_a_dated_one_on_its_day(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "a", "2026-01-05"))
    people = parquet(
        tmp_path / "p.parquet",
        user_id=["u1", "u2", "u2", "u3"],
        plan=["free", "free", "paid", "paid"],
        valid_from=[None, date(2026, 1, 1), date(2026, 2, 1), None],
    )
    tables = open_files([path], people)
    found = rows(
        tables,
        "SELECT user_id, text, valid_from, dated FROM profiles JOIN users USING (uh) ORDER BY 1, 3",
    )
    assert found == [
        ("u1", "free", JAN5, False),
        ("u2", "free", JAN5 - 4, True),
        ("u2", "paid", to_day(date(2026, 2, 1)), True),
        ("u3", "paid", ALWAYS, False),
    ]
    entries = dict(rows(tables, "SELECT user_id, entry_day FROM users"))
    assert entries == {"u1": JAN5, "u2": JAN5 - 4, "u3": ALWAYS}


def test_traits_have_kinds_and_nulls_are_no_row(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    people = parquet(
        tmp_path / "p.parquet",
        user_id=["u1", "u2"],
        city=["Ulm", None],
        age=[30, None],
        score=[0.5, float("nan")],
        new=[True, False],
        signed_up=pa.array([moment, None], pa.timestamp("ns", tz="UTC")),
        born=pa.array([date(1990, 1, 1), None]),
    )
    tables = open_files([path], people)
    found = rows(
        tables,
        "SELECT user_id, property, kind, text, number FROM profiles JOIN users USING (uh)",
    )
    assert sorted(found) == [
        ("u1", "age", "number", None, 30.0),
        ("u1", "born", "timestamp", None, to_day(date(1990, 1, 1)) * 86_400e6),
        ("u1", "city", "string", "Ulm", None),
        ("u1", "new", "boolean", None, 1.0),
        ("u1", "score", "number", None, 0.5),
        ("u1", "signed_up", "timestamp", None, moment.timestamp() * 1e6),
        ("u2", "new", "boolean", None, 0.0),
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_traits_of_text_files_get_the_kind_that_all_values_have(tmp_path: Path, form: str) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    if form == "csv":
        people = text(
            tmp_path / "p.csv",
            "user_id,city,age,zip,new,since,valid_from",
            "u1,Ulm,30,01234,true,2026-01-02,2026-01-03",
            "u2,,31.5,89073,false,,",
        )
    else:
        people = text(
            tmp_path / "p.jsonl",
            '{"user_id": "u1", "city": "Ulm", "age": 30, "zip": "01234", "new": true, '
            '"since": "2026-01-02", "valid_from": "2026-01-03", "tags": [1]}',
            '{"user_id": "u2", "age": 31.5, "zip": "89073", "new": false, "since": null}',
        )
    tables = open_files([path], people)
    found = rows(
        tables,
        "SELECT user_id, property, kind, text, number, dated FROM profiles JOIN users USING (uh)",
    )
    assert sorted(found) == [
        ("u1", "age", "number", None, 30.0, True),
        ("u1", "city", "string", "Ulm", None, True),
        ("u1", "new", "boolean", None, 1.0, True),
        ("u1", "since", "timestamp", None, to_day(date(2026, 1, 2)) * 86_400e6, True),
        ("u1", "zip", "string", "01234", None, True),
        ("u2", "age", "number", None, 31.5, False),
        ("u2", "new", "boolean", None, 0.0, False),
        ("u2", "zip", "string", "89073", None, False),
    ]


def test_of_two_values_for_one_day_the_last_in_the_file_counts(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    people = text(tmp_path / "p.csv", "user_id,plan", "u1,free", "u1,paid", "u1,")
    tables = open_files([path], people)
    assert rows(tables, "SELECT text FROM profiles") == [("paid",)]


def test_profiles_without_traits_or_with_a_wrong_date_are_refused(tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    with pytest.raises(InvalidFile, match="no trait column"):
        open_files([path], text(tmp_path / "p.csv", "user_id", "u1"))
    with pytest.raises(InvalidFile, match="valid_from has the type VARCHAR"):
        open_files([path], text(tmp_path / "q.csv", "user_id,a,valid_from", "u1,1,soon"))


def test_no_events_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least one file"):
        open_files([])
