"""Whatever a file holds, an import ends within seconds and within the function's memory."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from intent_segments.errors import InvalidFile
from intent_segments.events import parquet_files
from intent_segments.events.limits import MAX_LINE_BYTES, Limits
from tests.unit.events import hostile
from tests.unit.events.hostile import Footer
from tests.unit.events.making import events, normalized, parquet

SECONDS = 30
"""On a busy machine; most take less than one."""
MOST_MEMORY = 1_500_000_000
"""Half of what the function has."""
ROW = '{"user_id":"u","event":"e","ts":"2026-01-05"}\n'


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(InvalidFile) as refused:
        normalized(path, **options)
    return refused.value.message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (hostile.repeated_properties, "expands from"),
        (hostile.repeated_user, "expands from"),
        (hostile.repeated_field, "expand"),
        (hostile.shared_prefixes, "none of its 400 rows can be used"),
        (hostile.one_page_of_one_letter, "none of its 1 rows can be used"),
    ],
)
def test_a_bomb_is_refused_in_seconds_and_in_half_of_the_memory(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "e.parquet")
    assert path.stat().st_size < 1 << 20
    outcome = hostile.imported(path)
    assert message in outcome.said["refused"]
    assert outcome.seconds < SECONDS and outcome.peak_bytes < MOST_MEMORY


def test_a_user_id_of_ten_megabytes_is_set_aside_and_the_others_are_loaded(tmp_path: Path) -> None:
    path = hostile.write(tmp_path / "e.parquet", {"user_id": ["x" * (10 << 20), "u1", "u2"]})
    outcome = hostile.imported(path)
    report = outcome.said["report"]
    assert (report["added"], report["set_aside"]["too_long"]["count"]) == (2, 1)
    assert outcome.peak_bytes < MOST_MEMORY


def test_more_rows_than_the_limit_are_refused_by_the_footer_alone(tmp_path: Path) -> None:
    path = hostile.write(tmp_path / "e.parquet", {"user_id": hostile.repeated("u", 3_000_000)})
    assert path.stat().st_size < 100_000
    few = Limits(rows=2_000_000, bytes=1 << 40, text_bytes=1 << 40)
    assert "3,000,000 rows, the limit for one file is 2,000,000: split" in refusal(path, limits=few)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_footer_of_absurd_length_is_refused(tmp_path: Path, length: int) -> None:
    path = events(tmp_path / "e.parquet", ("u", "e", "2026-01-05"))
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", length) + b"PAR1")
    assert "not a Parquet file that can be read" in refusal(path)


@pytest.mark.parametrize(
    ("rows", "row_groups", "message"),
    [
        (10**12, 0, "claims 1,000,000,000,000 rows, its row groups 0"),
        (-5, 0, "claims -5 rows"),
        (0, 0, "holds no rows"),
        (1, 10**9, "not a Parquet file that can be read"),
        (1, 2**31 - 1, "not a Parquet file that can be read"),
    ],
)
def test_a_footer_that_claims_what_is_not_there_is_refused(
    tmp_path: Path, rows: int, row_groups: int, message: str
) -> None:
    assert message in refusal(Footer.file(tmp_path / "e.parquet", rows, row_groups))


def test_a_footer_too_large_to_parse_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_files, "MAX_FOOTER_BYTES", 100)
    path = events(tmp_path / "e.parquet", ("u", "e", "2026-01-05"))
    assert "write larger row groups, or fewer columns" in refusal(path)


def test_ten_thousand_columns_are_refused_wherever_they_are(tmp_path: Path) -> None:
    wide = Footer.file(tmp_path / "wide.parquet", 1, 0, columns=10_000)
    assert "10,000 columns, the limit is 2,000" in refusal(wide)
    inside = hostile.write(
        tmp_path / "in.parquet", {"properties": [{f"c{i}": i for i in range(3_000)}]}
    )
    assert "3,003 columns, the limit is 2,000" in refusal(inside)


@pytest.mark.parametrize("depth", [150, 300])
def test_deeply_nested_structs_are_refused(tmp_path: Path, depth: int) -> None:
    value: Any = 1
    kind = pa.int64()
    for _ in range(depth):
        value, kind = {"a": value}, pa.struct([("a", kind)])
    path = hostile.write(tmp_path / "e.parquet", {"properties": pa.array([value], kind)})
    assert "too deeply nested" in refusal(path)


@pytest.mark.parametrize("column", ["user_id", "event", "ts"])
@pytest.mark.parametrize("value", [["u"], {"a": "u"}, b"\xff\xfe"])
def test_columns_of_impossible_types_are_refused_with_the_type(
    tmp_path: Path, column: str, value: Any
) -> None:
    path = hostile.write(tmp_path / "e.parquet", {column: [value]})
    assert f"the column {column} has the type" in refusal(path)


def test_text_that_is_not_utf8_inside_parquet_is_refused(tmp_path: Path) -> None:
    offsets = pa.array([0, 1, 3], pa.int32()).buffers()[1]
    broken = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"a\xff\xfe"))
    assert "not valid UTF8" in refusal(hostile.write(tmp_path / "e.parquet", {"user_id": broken}))


@pytest.mark.parametrize(
    "times",
    [
        pa.array([float("nan"), float("inf"), -float("inf"), 1767614400.0]),
        pa.array(["9999-12-31T00:00:00Z", "1600-01-01", "-4712-01-01", "2026-01-05"]),
        pa.array([2**31 - 1, -(2**31), 5_000_000, 20_458], pa.date32()),
        pa.array([2**63 - 1, -(2**62), 0, 1767614400 * 10**9], pa.timestamp("ns")),
        pa.array([2**63 - 1, -(2**63), -1, 1767614400 * 10**6], pa.timestamp("us")),
    ],
)
def test_times_that_cannot_be_are_set_aside_one_by_one(tmp_path: Path, times: pa.Array) -> None:
    path = hostile.write(tmp_path / "e.parquet", {"ts": times})
    result, rows = normalized(path)
    day = date(2026, 1, 5)
    kept = [
        row["ts"] for row in rows if row["ts"] // 86_400_000_000 == (day - date(1970, 1, 1)).days
    ]
    assert len(kept) == 1
    assert sum(a.count for a in result.set_aside.values()) >= 2


# Text


def test_a_line_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    long = b"a" * (MAX_LINE_BYTES + 10)
    (tmp_path / "e.jsonl").write_bytes(b'{"user_id":"' + long + b'","event":"e"}\n')
    (tmp_path / "e.csv").write_bytes(b"user_id,event,ts\n" + long + b",e,2026-01-05\n")
    (tmp_path / "z.csv.gz").write_bytes(gzip.compress(b"user_id,event,ts\n" + b"\0" * (64 << 20)))
    for name in ("e.jsonl", "e.csv", "z.csv.gz"):
        assert "a line of more than 8 MiB, which begins at byte" in refusal(tmp_path / name)
    # The bomb was not unzipped to its end.
    assert sum(path.stat().st_size for path in (tmp_path / "scratch").iterdir()) < 16 << 20


def test_broken_lines_are_set_aside_with_their_number_and_the_rest_is_loaded(
    tmp_path: Path,
) -> None:
    bad = [b'{"user_id":"u\0"}\n', b"[1]\n", '{"user_id":"Jürgen"}\n'.encode("latin-1"), b"{\n"]
    path = tmp_path / "e.jsonl"
    path.write_bytes(ROW.encode() * 50 + b"".join(bad))
    result, rows = normalized(path)
    assert len(rows) == 50 and result.rows_read == 54
    assert result.set_aside["malformed"].count == 4
    assert result.set_aside["malformed"].example.startswith("such as line 51")


def test_broken_csv_lines_are_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    good = b"u,e,2026-01-05\n"
    bad = b"u,e\nu,e,2026-01-05,1\nJ\xfcrgen,e,2026-01-05\n"
    path.write_bytes(b"user_id,event,ts\n" + good * 40 + bad)
    result, rows = normalized(path)
    assert len(rows) == 40 and result.set_aside["malformed"].count == 3
    assert "line 42 has 2 values, the header has 3" in result.set_aside["malformed"].example
    assert path.read_bytes().endswith(bad)


def test_more_than_a_tenth_of_broken_lines_refuse_the_file(tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(ROW * 8 + "{\n")
    assert "line 9" in refusal(path) and "1 of 9 lines" in refusal(path)


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl"])
def test_utf16_is_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    body = ROW if name == "e.jsonl" else "user_id,event,ts\nu,e,2026-01-05\n"
    (tmp_path / name).write_bytes(body.encode("utf-16"))
    assert "save it as UTF-8" in refusal(tmp_path / name)


def test_a_nul_byte_in_an_id_sets_the_row_aside(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes(b"user_id,event,ts\nu\0,e,2026-01-05\nu,e,2026-01-05\n")
    result, rows = normalized(path)
    assert [row["user_id"] for row in rows] == ["u"] and result.set_aside["nul_byte"].count == 1


def test_objects_nested_ten_thousand_deep_are_read_as_any_other(tmp_path: Path) -> None:
    deep = '{"a":' * 10_000 + "1" + "}" * 10_000
    path = tmp_path / "e.jsonl"
    path.write_text(ROW + ROW.replace("}", f',"properties":{deep}}}'))
    outcome = hostile.imported(path)
    assert outcome.said["report"]["added"] == 2


def test_properties_beyond_their_limit_set_the_row_aside(tmp_path: Path) -> None:
    texts = ['{"a": "' + "x" * size + '"}' for size in (10, 65_000, 66_000)]
    path = parquet(
        tmp_path / "e.parquet",
        user_id=["u"] * 3,
        event=["e"] * 3,
        ts=["2026-01-05"] * 3,
        properties=texts,
    )
    result, rows = normalized(path)
    assert len(rows) == 2 and result.set_aside["too_long"].count == 1


def test_a_damaged_page_is_refused_wherever_it_lies(tmp_path: Path) -> None:
    whole = tmp_path / "e.parquet"
    rows = 5_000
    pq.write_table(
        pa.table(
            {
                "user_id": [f"u{i}" for i in range(rows)],
                "event": ["e"] * rows,
                "ts": [1767614400 + i for i in range(rows)],
            }
        ),
        whole,
        compression="none",
    )
    given = whole.read_bytes()
    for start in (100, len(given) // 2, len(given) - 20_000):
        path = tmp_path / f"{start}.parquet"
        path.write_bytes(given[:start] + b"\xff" * 64 + given[start + 64 :])
        try:
            result, kept = normalized(path)
        except InvalidFile as refused:
            assert "malformed" in refused.message
        else:
            assert len(kept) + sum(a.count for a in result.set_aside.values()) == rows
