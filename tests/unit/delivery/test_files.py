"""Files of users, and those for ad platforms."""

from __future__ import annotations

import csv
import gzip
import hashlib
from pathlib import Path

import duckdb
import pytest

from intent_segments.delivery.ad_platforms import (
    GOOGLE_COLUMNS,
    META_COLUMNS,
    Platform,
    google_email,
    google_row,
    meta_row,
    write_ad_audience,
)
from intent_segments.delivery.files import write_audience
from intent_segments.lake.spreadsheets import FORMULA_STARTS


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute('CREATE TABLE people (uh BIGINT, user_id VARCHAR, "=city" VARCHAR)')
    made.executemany(
        "INSERT INTO people VALUES (?, ?, ?)",
        [(n, f"{c}cmd|' /C calc'!A0", f"{c}x") for n, c in enumerate(FORMULA_STARTS)]
        + [(99, 'a "b", c\nd', "plain"), (100, "-", None)],
    )
    return made


def test_no_cell_of_a_csv_file_begins_a_formula(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "users.csv.gz"
    assert write_audience(con, "people", ["user_id", "=city"], path, "csv") == 13
    header, *rows = rows_of(path)
    assert header == ["user_id", "'=city"]
    assert not [c for row in [header, *rows] for c in row if c[:1] in tuple(FORMULA_STARTS)]
    assert rows[0] == ["'=cmd|' /C calc'!A0", "'=x"] and rows[11] == ['a "b", c\nd', "plain"]
    assert rows[12] == ["'-", ""]


def test_parquet_has_every_value_as_it_is_in_the_order_of_the_hash(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    paths = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for path, order in zip(paths, ("ASC", "DESC"), strict=True):
        shuffled = f"(SELECT * FROM people ORDER BY uh {order})"
        write_audience(con, shuffled, ["user_id", "=city"], path, "parquet")
    found = con.execute("SELECT * FROM read_parquet(?)", [str(paths[0])]).fetchall()
    assert found[0] == ("=cmd|' /C calc'!A0", "=x") and found[-1] == ("-", None)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_meta_gets_what_its_page_on_hashing_asks_for() -> None:
    row = meta_row(
        {
            "email": " Ann.Lee+x@Gmail.com ",
            "phone": "+1 (800) 555-0100",
            "first_name": " Mary-Ann ",
            "last_name": "O'Néill",
            "zip": " 94025-1234 ",
            "country": "US",
        }
    )
    assert dict(zip(META_COLUMNS, row, strict=True)) == {
        "email": sha("ann.lee+x@gmail.com"),
        "phone": sha("18005550100"),
        "fn": sha("maryann"),
        "ln": sha("onéill"),
        "zip": sha("94025"),
        "country": sha("us"),
    }
    british = meta_row({"zip": "WC2H 8LG", "country": "gb"})
    assert british[4] == sha("wc2h8lg")


def test_google_gets_what_its_pages_ask_for() -> None:
    row = google_row(
        {
            "email": "Cloudy.SanFrancisco+shopping@GMAIL.com",
            "phone": "(800) 555-0100",
            "first_name": " Mary  Ann ",
            "last_name": "O'Néill",
            "zip": "94025-1234",
            "country": "us",
        },
        "1",
    )
    assert dict(zip(GOOGLE_COLUMNS, row, strict=True)) == {
        "Email": sha("cloudysanfrancisco@gmail.com"),
        "Phone": sha("+18005550100"),
        "First Name": sha("mary ann"),
        "Last Name": sha("o'néill"),
        "Country": "US",
        "Zip": "94025-1234",
    }


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        ("a.b.c@googlemail.com", "abc@googlemail.com"),
        ("a.b@gmail.com.example", "a.b@gmail.com.example"),
        ("nobody", ""),
        (None, ""),
    ],
)
def test_dots_and_plus_go_at_gmail_alone(address: str | None, normal: str) -> None:
    assert google_email(address) == normal


@pytest.mark.parametrize("absent", ["first_name", "last_name", "zip", "country"])
def test_google_is_told_whole_postal_addresses_or_none(absent: str) -> None:
    user = {"first_name": "Ann", "last_name": "Lee", "zip": "94025", "country": "US"}
    assert google_row(user)[2:] == (sha("ann"), sha("lee"), "US", "94025")
    assert google_row(user | {absent: None})[2:] == ("", "", "", "")


def test_accents_are_hashed_alike_however_they_are_written() -> None:
    composed, split = {"first_name": "Zoë"}, {"first_name": "Zoe\u0308"}
    assert meta_row(composed) == meta_row(split)


USERS = [
    {"email": "ann@x.example", "phone": None},
    {"email": "not one", "phone": "0170"},
    {"phone": "0170 1234567"},
    {"first_name": "Ann", "last_name": "Lee", "zip": "94025", "country": "US"},
    {},
]


@pytest.mark.parametrize(
    ("platform", "columns", "rows"),
    [("meta_audience", META_COLUMNS, 2), ("google_customer_match", GOOGLE_COLUMNS, 3)],
)
def test_a_file_has_the_headers_of_the_platform_and_no_plain_value(
    tmp_path: Path, platform: Platform, columns: tuple[str, ...], rows: int
) -> None:
    written = write_ad_audience(USERS, platform, tmp_path / "a", "49")
    write_ad_audience(USERS, platform, tmp_path / "b", "49")
    header, *cells = rows_of(tmp_path / "a")
    assert tuple(header) == columns
    assert (written.rows, written.unmatched) == (rows, 5 - rows) and len(cells) == rows
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    text = gzip.decompress((tmp_path / "a").read_bytes()).decode()
    assert not [word for word in ("ann", "0170", "1701234567", "Lee") if word in text]


def test_what_is_not_hashed_begins_no_formula() -> None:
    user = {"first_name": "a", "last_name": "b", "zip": "=1+1", "country": "=a"}
    assert google_row(user)[2:] == ("", "", "", "")
