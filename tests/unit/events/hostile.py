"""Files that nobody writes by accident, and an import that is watched from the outside."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[3]
MANY = 20_000
MEGABYTE = 1 << 20


def repeated(value: str, rows: int = MANY) -> pa.Array:
    """One value in a dictionary: a few bytes in Parquet, whatever the number of rows."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    """A Parquet file of these columns beside a user, an event and a ts that are sound."""
    rows = len(next(iter(columns.values())))
    sound = {"user_id": "u", "event": "e", "ts": "2026-01-05"}
    table = {name: repeated(value, rows) for name, value in sound.items()} | columns
    pq.write_table(
        pa.table(table),
        path,
        compression="zstd",
        dictionary_pagesize_limit=64 << 20,
        write_statistics=False,
        **options,
    )
    return path


def repeated_properties(path: Path) -> Path:
    """20,000 rows of one megabyte of properties: 20 GB in a few kilobytes."""
    return write(path, {"properties": repeated('{"a": "' + "x" * MEGABYTE + '"}')})


def repeated_user(path: Path) -> Path:
    return write(path, {"user_id": repeated("u" * 10 * MEGABYTE, 2_000)})


def repeated_field(path: Path) -> Path:
    field = repeated("x" * MEGABYTE)
    return write(path, {"properties": pa.StructArray.from_arrays([field], ["a"])})


def shared_prefixes(path: Path) -> Path:
    """DELTA_BYTE_ARRAY writes what a value shares with the one before as a number."""
    return write(
        path,
        {"note": ["x" * MEGABYTE] * 400},
        use_dictionary=False,
        column_encoding={"note": "DELTA_BYTE_ARRAY"},
        data_page_size=1 << 40,
        write_batch_size=400,
    )


def one_page_of_one_letter(path: Path) -> Path:
    """100 MB that compress to 10 kB, in one row."""
    return write(path, {"note": ["x" * 100 * MEGABYTE]}, use_dictionary=False)


@dataclass(frozen=True)
class Outcome:
    said: dict[str, Any]
    seconds: float
    peak_bytes: int


def imported(path: Path) -> Outcome:
    """The import of a file in a process of its own: its report or refusal, and what it took."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.events.hostile", str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core/python'}", "PATH": ""},
    )
    said = json.loads(done.stdout)
    return Outcome(said, time.monotonic() - began, said.pop("peak_bytes"))


class Footer:
    """The metadata of a Parquet file by hand, in Thrift's compact protocol, to claim anything."""

    @staticmethod
    def number(value: int) -> bytes:
        zigzag = (value << 1) ^ (value >> 63)
        out = b""
        while zigzag > 0x7F:
            out += bytes([zigzag & 0x7F | 0x80])
            zigzag >>= 7
        return out + bytes([zigzag])

    @staticmethod
    def name(text: str) -> bytes:
        return bytes([len(text)]) + text.encode()

    @classmethod
    def file(cls, path: Path, rows: int, row_groups_claimed: int, columns: int = 3) -> Path:
        """Three columns of text, `rows` rows, and a list of row groups that has no element."""
        names = ["user_id", "event", "ts", *(f"c{i}" for i in range(columns - 3))]
        # SchemaElement: 1 type, 3 repetition, 4 name, 5 children, 6 converted type.
        root = b"\x48" + cls.name("schema") + b"\x15" + cls.number(columns) + b"\x00"
        schema = root + b"".join(
            b"\x15\x0c\x25\x02\x18" + cls.name(name) + b"\x25\x00\x00" for name in names
        )
        body = b"\x15\x02"  # 1: version 1
        body += b"\x19\xfc" + cls.length(columns + 1) + schema  # 2: schema
        body += b"\x16" + cls.number(rows)  # 3: num_rows
        body += b"\x19\xfc" + cls.length(row_groups_claimed)  # 4: row_groups
        body += b"\x00"
        path.write_bytes(b"PAR1" + body + struct.pack("<I", len(body)) + b"PAR1")
        return path

    @staticmethod
    def length(count: int) -> bytes:
        out = b""
        while count > 0x7F:
            out += bytes([count & 0x7F | 0x80])
            count >>= 7
        return out + bytes([count])


def main(path: Path) -> None:
    from tempfile import TemporaryDirectory

    from intent_segments.errors import InvalidFile
    from intent_segments.events.importer import import_file
    from intent_segments.lake.manifest import Manifest
    from tests.unit.lake.storing import empty_bucket

    with empty_bucket() as bucket, TemporaryDirectory() as folder:
        try:
            _, report = import_file(path, "events", Manifest(0, 1, "UTC"), bucket, Path(folder))
            said: dict[str, Any] = {"report": report.to_json()}
        except InvalidFile as refused:
            said = {"refused": refused.message}
    # Of this program alone: getrusage also tells of the process that started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) << 10
    print(json.dumps(said | {"peak_bytes": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
