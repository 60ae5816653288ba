"""Files without some users: whose rows go, and that all others stay as they were."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from intent_segments.events import text_without_users
from intent_segments.lake import without_users
from intent_segments.lake.layout import user_hash

GONE = frozenset({user_hash("ada, b"), user_hash("-5")})
TEXTS = {
    "quoted.csv": (
        b'\xef\xbb\xbfevent,user_id\r\na,"ada, b"\r\nb,"two\nlines"\r\nc,ada\r\n',
        b'\xef\xbb\xbfevent,user_id\r\nb,"two\nlines"\r\nc,ada\r\n',
    ),
    "broken.csv": (b'user_id,event\n-5,a,too many\n"-5"x,b\n1,c\n', b"user_id,event\n1,c\n"),
    "lines.jsonl": (
        b'{"user_id": "ada, b"}\n{"user_id": -5}\n{"user_id": "5", "to": "-5"}\n\n',
        b'{"user_id": "5", "to": "-5"}\n\n',
    ),
    "other tool.jsonl": (
        b'{"properties": {"distinct_id": "ada, b"}}\n{"properties": {"distinct_id": "x"}}\n',
        b'{"properties": {"distinct_id": "x"}}\n',
    ),
    "aside.jsonl": (
        b'{"set_aside": "line 3", "line": 3, "text": "\\"ada, b\\",a,"}\n{"set_aside": "no_ts"}\n',
        b'{"set_aside": "no_ts"}\n',
    ),
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("zipped", [False, True])
def test_lines_of_others_stay_byte_for_byte(tmp_path: Path, name: str, zipped: bool) -> None:
    given, wanted = TEXTS[name]
    path, target = tmp_path / (name + ".gz" * zipped), tmp_path / "target"
    path.write_bytes(gzip.compress(given) if zipped else given)
    form = "csv" if ".csv" in name else "jsonl"
    kept = text_without_users.write_without(path, form, GONE, target)
    written = target.read_bytes()
    assert (gzip.decompress(written) if zipped else written) == wanted
    assert set(kept.gone) <= GONE and sum(kept.gone.values()) >= 1


@pytest.mark.parametrize("column", ["user_id", "distinct id"])
def test_rows_of_parquet_go_by_any_name_of_the_id(tmp_path: Path, column: str) -> None:
    path, target = tmp_path / "p.parquet", tmp_path / "t.parquet"
    con = duckdb.connect()
    con.execute(
        f"""COPY (SELECT * FROM (VALUES ('ada, b', [1]), ('x', NULL), (NULL, [2])) t("{column}", n))
        TO '{path}'"""
    )
    assert without_users.users_in(con, path, GONE) == {user_hash("ada, b"): 1}
    assert without_users.write_without(con, path, GONE, target, 1000) == 2
    assert con.execute(f"SELECT * FROM '{target}'").fetchall() == [("x", None), (None, [2])]
