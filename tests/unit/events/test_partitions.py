"""Columns that the path of a Parquet file says."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from intent_local.commands.load import _is_data, _may_have
from intent_segments.events.files import open_source
from intent_segments.events.partitions import day_of, partitions_of, with_partitions


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("a/b.parquet", ()),
        ("e/dt=2026-10-31/p.parquet", (("dt", "2026-10-31"),)),
        ("e/event=Order%20Completed/c=__HIVE_DEFAULT_PARTITION__/p.parquet",
         (("event", "Order Completed"), ("c", None))),
        ("landing/events/mapping=ga4/country=CH/p.parquet", (("country", "CH"),)),
        ("=x/a==b/name=1.parquet", (("a", "=b"),)),
    ],
)  # fmt: skip
def test_folders_name_columns(key, found):
    assert partitions_of(key) == found


@pytest.mark.parametrize(
    ("key", "day"),
    [
        ("dt=2026-10-31/p", date(2026, 10, 31)),
        ("y=1/Date=20261031/p", date(2026, 10, 31)),
        ("dt=yesterday/p", None),
        ("dt=__HIVE_DEFAULT_PARTITION__/p", None),
        ("month=2026-10/p", None),
    ],
)
def test_a_folder_may_say_the_day(key, day):
    assert day_of(partitions_of(key)) == day


def test_columns_of_the_path_stand_beside_those_of_the_file_which_go_first(tmp_path):
    path = tmp_path / "p.parquet"
    duckdb.execute(f"COPY (SELECT 'u' AS user_id, 'CH' AS country) TO '{path}' (FORMAT parquet)")
    said = (("Country", "DE"), ("shop", "it's"), ("none", None), ('a"b', "x"))
    con = duckdb.connect()
    source = open_source(path, "foreign", tmp_path)
    made = with_partitions(con, source, said, tmp_path / "q.parquet")
    row = con.execute(f"SELECT * FROM '{made}'").fetchall()
    assert row == [("u", "CH", "it's", None, "x")]
    assert [name for name, *_ in con.description] == ["user_id", "country", "shop", "none", 'a"b']


@pytest.mark.parametrize(
    ("key", "is_data"),
    [
        ("dt=1/part-0.parquet", True),
        ("x.JSONL.gz", True),
        ("_SUCCESS", False),
        ("_delta_log/0.parquet", False),
        (".tmp/x.parquet", False),
        ("readme.txt", False),
    ],
)
def test_marks_of_whoever_wrote_the_files_are_no_data(key, is_data):
    assert _is_data(key, "events") is is_data


def test_files_of_calls_have_any_name():
    assert _is_data("9f/1793400000000/1.gz", "calls") and not _is_data("_x/1.gz", "calls")


@pytest.mark.parametrize(
    ("day", "read"), [(None, True), (9, True), (8, False), (12, True), (13, True), (14, False)]
)
def test_files_of_days_that_cannot_matter_are_not_read(day, read):
    of = None if day is None else date(2026, 10, day)
    # A day of the path may be one of another time zone: one more on either side is read.
    assert _may_have(of, {"since": "2026-10-10", "until": "2026-10-12"}) is read
