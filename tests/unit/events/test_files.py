from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from intent_segments.errors import InvalidFile
from intent_segments.events import parquet_files
from intent_segments.events.files import open_source
from intent_segments.events.limits import Limits
from tests.unit.events.making import events, normalized, parquet, text

ROW = ("u1", "open", "2026-01-05T10:00:00Z")


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidFile) as refused:
        normalized(path, **options)
    return refused.value.message


def test_a_parquet_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = text(tmp_path / "events.parquet", "user_id,event,ts", "u1,open,2026-01-05")
    assert "not a Parquet file" in refusal(path)


def test_a_parquet_file_cut_off_in_the_middle_is_refused(tmp_path: Path) -> None:
    path = events(tmp_path / "events.parquet", *[ROW] * 100)
    path.write_bytes(path.read_bytes()[:-200])
    assert "not a Parquet file" in refusal(path)


def test_damage_inside_the_data_of_a_parquet_file_is_refused(tmp_path: Path) -> None:
    rows = [(f"u{i}", "open", f"2026-01-05T10:{i % 60:02d}:00Z") for i in range(5000)]
    path = events(tmp_path / "events.parquet", *rows)
    data = bytearray(path.read_bytes())
    data[40:4000] = b"\xff" * 3960
    path.write_bytes(bytes(data))
    assert "malformed" in refusal(path)


def test_a_missing_user_id_names_what_was_found_and_how_to_rename(tmp_path: Path) -> None:
    path = parquet(tmp_path / "e.parquet", customerId=["u1"], event=["open"], ts=["2026-01-05"])
    message = refusal(path)
    assert "no column user_id" in message
    assert "found: customerId, event, ts" in message
    assert "SELECT customerId AS user_id" in message


def test_missing_columns_are_found_in_csv_and_json_lines_too(tmp_path: Path) -> None:
    assert "no column user_id" in refusal(text(tmp_path / "e.csv", "who,event,ts", "u1,a,b"))
    assert "no column ts" in refusal(
        text(tmp_path / "e.jsonl", '{"user_id": "u1", "event": "open", "time": "2026-01-05"}')
    )


def test_a_csv_with_semicolons_is_told_so(tmp_path: Path) -> None:
    path = text(tmp_path / "e.csv", "user_id;event;ts", "u1;open;2026-01-05")
    assert "separator must be a comma" in refusal(path)


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ("u2,open", "line 3 has 2 values, the header has 3"),
        ("u2,open,2026-01-05,x", "line 3 has 4 values, the header has 3"),
        ('u2,"open,2026-01-05', "line"),
    ],
)
def test_a_malformed_csv_names_the_first_bad_line(tmp_path: Path, bad: str, place: str) -> None:
    path = text(tmp_path / "e.csv", "user_id,event,ts", "u1,open,2026-01-05", bad)
    message = refusal(path)
    assert "malformed" in message and place in message


def test_a_csv_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes("user_id,event,ts\nJürgen,open,2026-01-05\n".encode("latin-1"))
    assert "UTF-8" in refusal(path)


@pytest.mark.parametrize(
    ("bad", "place"), [('{"user_id": "u1"', "line 2"), ("[1]", "not a JSON object")]
)
def test_malformed_json_lines_name_the_first_bad_line(tmp_path: Path, bad: str, place: str) -> None:
    good = '{"user_id": "u1", "event": "open", "ts": "2026-01-05"}'
    assert place in refusal(text(tmp_path / "e.jsonl", good, bad, good))


def test_a_json_array_is_refused_with_the_remedy(tmp_path: Path) -> None:
    assert "one object per line" in refusal(text(tmp_path / "e.json", '[{"user_id": "u1"}]'))


def test_empty_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "e.csv").touch()
    assert "empty" in refusal(tmp_path / "e.csv")
    assert "no rows" in refusal(text(tmp_path / "h.csv", "user_id,event,ts"))
    nothing = pa.array([], pa.string())
    path = parquet(tmp_path / "n.parquet", user_id=nothing, event=nothing, ts=nothing)
    assert "no rows" in refusal(path)
    assert "blank" in refusal(text(tmp_path / "b.jsonl", "", ""))


def test_gzipped_csv_and_json_lines_are_read(tmp_path: Path) -> None:
    for name, body in [
        ("e.csv.gz", b"user_id,event,ts\nu1,open,2026-01-05\n"),
        ("e.jsonl.gz", b'{"user_id": "u1", "event": "open", "ts": "2026-01-05"}\n'),
    ]:
        (tmp_path / name).write_bytes(gzip.compress(body))
        _, rows = normalized(tmp_path / name)
        assert [row["user_id"] for row in rows] == ["u1"]


def test_a_cut_off_gzip_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"user_id,event,ts\n" + b"u1,open,2026-01-05\n" * 1000)
    (tmp_path / "e.csv.gz").write_bytes(packed[:-20])
    assert "not a whole gzip file" in refusal(tmp_path / "e.csv.gz")


def test_a_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    small = Limits(rows=10**6, bytes=1 << 20, text_bytes=1 << 20)
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(b"user_id,event,ts\n" + b"\n" * (8 << 20)))
    assert "split it" in refusal(tmp_path / "e.csv.gz", limits=small)
    assert sum(p.stat().st_size for p in (tmp_path / "scratch").iterdir()) <= 2 << 20


def test_absurd_row_groups_and_column_counts_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = events(tmp_path / "e.parquet", *[ROW] * 1000)
    monkeypatch.setattr(parquet_files, "MAX_ROW_GROUP_BYTES", 10)
    assert "smaller row groups" in refusal(path)
    monkeypatch.undo()
    wide = {f"c{i}": [1] for i in range(2000)}
    path = parquet(tmp_path / "w.parquet", user_id=["u"], event=["e"], ts=["2026-01-05"], **wide)
    assert "the limit is 2,000" in refusal(path)


def test_columns_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    path = text(tmp_path / "e.csv", "user_id,event,ts,Amount,amount", "u1,open,2026-01-05,1,2")
    assert "differ at most in case" in refusal(path)


def test_an_unknown_format_names_the_known_ones(tmp_path: Path) -> None:
    assert ".parquet, .csv, .jsonl" in refusal(text(tmp_path / "events.xlsx", "x"))


def test_a_file_name_with_pattern_characters_is_that_file(tmp_path: Path) -> None:
    events(tmp_path / "e1.parquet", ("wrong", "open", "2026-01-05"))
    path = events(tmp_path / "e[1].parquet", ("right", "open", "2026-01-05"))
    assert open_source(path, "events", tmp_path).name == "e[1].parquet"
    _, rows = normalized(path)
    assert [row["user_id"] for row in rows] == ["right"]
