"""Opens an events or profiles file that somebody else wrote, and refuses what cannot be read.

Accepted: Parquet (`.parquet`, `.pq`), CSV (`.csv`, comma, UTF-8, a header line) and JSON lines
(`.jsonl`, `.ndjson`, `.json`, one object per line); the latter two also gzipped (`.gz`).
An events file has the columns user_id, event and ts, and may have properties and message_id;
a profiles file has user_id and one column per trait.

This module looks at the outside of a file (format, size, column names). What the values are worth
is decided row by row in `normalize.py`, because one bad row must not cost the good ones.
"""

from __future__ import annotations

import csv
import errno
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import InvalidFile

Kind = Literal["events", "profiles"]
Form = Literal["parquet", "csv", "jsonl"]

FORMS: dict[str, Form] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
REQUIRED: dict[Kind, tuple[str, ...]] = {
    "events": ("user_id", "event", "ts"),
    "profiles": ("user_id",),
}
LOOKALIKES = {
    "user_id": {"userid", "user", "uid", "distinctid", "customerid", "customer", "clientid", "id"},
    "event": {"eventname", "eventtype", "name", "action", "type"},
    "ts": {"timestamp", "time", "eventtime", "datetime", "date", "createdat", "originaltimestamp"},
}
"""Names that other tools give to our columns, without case and punctuation: for remedies only."""

MAX_COLUMNS = 2_000
"""More columns than this is a pivoted table, not events or traits."""
MAX_ROW_GROUPS = 32_767
"""Parquet stores the ordinal of a row group in 16 bits."""
MAX_ROW_GROUP_BYTES = 4 << 30
"""Uncompressed: one row group is decoded at once, and a function has at most 10 GB of memory."""
MAX_FILE_BYTES = 8 << 30
"""Uncompressed: what a function can work on with at most 10 GB of memory and of /tmp."""


@dataclass(frozen=True)
class Source:
    """A file that passed the outer checks.

    `name` is the file's name for messages; `path` is what DuckDB reads (decompressed, and free of
    characters that DuckDB takes for a pattern); `columns` are its column names, empty for JSON
    lines, where every line has its own.
    """

    name: str
    path: Path
    form: Form
    kind: Kind
    columns: tuple[str, ...]


def open_source(path: Path, kind: Kind, folder: Path) -> Source:
    """Check a file from the outside. `folder` is scratch space for a decompressed copy or a link.

    Raises InvalidFile when the file is missing, empty, too large, not in the format its name says,
    or lacks a required column.
    """
    name = path.name
    if not path.is_file():
        raise InvalidFile(f"{path} is not a file: check the path.")
    if path.stat().st_size == 0:
        raise InvalidFile(f"{name} is empty (0 bytes): export it again.")
    suffixes = [s.lower() for s in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    form = FORMS.get((suffixes[:-1] if zipped else suffixes)[-1:][0] if suffixes else "")
    if form is None or (zipped and form == "parquet"):
        raise InvalidFile(
            f"{name}: the format is taken from the name, which must end in .parquet, .csv, .jsonl "
            "(or .csv.gz, .jsonl.gz): rename or convert the file."
        )
    plain = _plain_path(path, zipped, folder)
    columns = _CHECKS[form](plain, name)
    if form != "jsonl":
        check_columns(name, kind, columns)
    return Source(name, plain, form, kind, columns)


def check_columns(name: str, kind: Kind, found: tuple[str, ...]) -> None:
    """Raise InvalidFile when required columns are missing, or names cannot be told apart."""
    if len(found) > MAX_COLUMNS:
        raise InvalidFile(
            f"{name} has {len(found):,} columns, the limit is {MAX_COLUMNS:,}: put values that "
            "vary from event to event into the column properties."
        )
    seen: dict[str, str] = {}
    for column in found:
        twin = seen.setdefault(column.lower(), column)
        if twin is not column:
            raise InvalidFile(
                f"{name} has the columns {twin!r} and {column!r}, which differ at most in case: "
                "rename one of them."
            )
    missing = [c for c in REQUIRED[kind] if c not in found]
    if not missing:
        return
    shown = ", ".join(found[:20]) + (", …" if len(found) > 20 else "")
    raise InvalidFile(
        f"{name} has no column {' and no column '.join(missing)}. {kind.capitalize()} files need "
        f"{', '.join(REQUIRED[kind])}; found: {shown or 'none'}. {_remedy(missing, found)}"
    )


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Turn what DuckDB says about a broken file into an InvalidFile that names the place."""
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
            raise
        place = _first_bad_line(source)
        why = place or str(error).split("\n\n")[0].replace("\n", " ")[:300]
        raise InvalidFile(
            f"{source.name} is malformed: {why}. Nothing of it was loaded: mend or export it again."
        ) from error


def _remedy(missing: list[str], found: tuple[str, ...]) -> str:
    if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
        return "The separator must be a comma: export it again as comma-separated CSV."
    renames = []
    for column in missing:
        plain = {"".join(c for c in name.lower() if c.isalnum()): name for name in reversed(found)}
        known = [plain[n] for n in plain if n == column.replace("_", "") or n in LOOKALIKES[column]]
        if known:
            renames.append(f"{known[0]} AS {column}")
    if renames:
        return f"Rename when exporting, in SQL: SELECT {', '.join(renames)}, …"
    return f"Add or rename the column: SELECT <your column> AS {missing[0]}, …"


def _plain_path(path: Path, zipped: bool, folder: Path) -> Path:
    if zipped:
        target = folder / f"plain-{len(list(folder.iterdir()))}"
        _unzip(path, target)
        return target
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _too_large(path.name)
    if set(str(path)) & set("*?["):
        link = folder / f"link-{len(list(folder.iterdir()))}"
        link.symlink_to(path.resolve())
        return link
    return path


def _unzip(path: Path, target: Path) -> None:
    size = 0
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            while block := packed.read(1 << 20):
                size += len(block)
                if size > MAX_FILE_BYTES:
                    raise _too_large(path.name)
                plain.write(block)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise _too_large(path.name) from error
        raise InvalidFile(
            f"{path.name} is not a whole gzip file ({error}): export it again."
        ) from error
    if size == 0:
        raise InvalidFile(f"{path.name} is empty once unzipped: export it again.")


def _too_large(name: str) -> InvalidFile:
    return InvalidFile(
        f"{name} is larger than the disk has room for, or than {MAX_FILE_BYTES >> 30} GiB "
        "uncompressed, the limit for one file: split it, for example by month."
    )


def _parquet_columns(path: Path, name: str) -> tuple[str, ...]:
    try:
        with pq.ParquetFile(path) as file:
            meta, columns = file.metadata, tuple(file.schema_arrow.names)
            groups = [meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).strip().split("\n")[0].rstrip(".")[:200]
        raise InvalidFile(
            f"{name} is not a Parquet file that can be read ({said}): export it again; a CSV file "
            "must be named .csv."
        ) from error
    if meta.num_rows == 0:
        raise InvalidFile(f"{name} holds no rows: check the export's filter.")
    if len(groups) > MAX_ROW_GROUPS:
        raise InvalidFile(
            f"{name} has {len(groups):,} row groups, the limit is {MAX_ROW_GROUPS:,}: write larger "
            "row groups (about a million rows each)."
        )
    if any(size < 0 or size > MAX_ROW_GROUP_BYTES for size in groups):
        raise InvalidFile(
            f"{name} has a row group of {max(groups) / 2**30:,.1f} GiB uncompressed, the limit is "
            f"{MAX_ROW_GROUP_BYTES >> 30}: write smaller row groups (about a million rows each)."
        )
    if sum(groups) > MAX_FILE_BYTES:
        raise _too_large(name)
    return columns


def _csv_columns(path: Path, name: str) -> tuple[str, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines, strict=True), [])
            second = lines.readline()
    except UnicodeDecodeError:
        raise InvalidFile(f"{name} is not UTF-8 text: save it as UTF-8.") from None
    except csv.Error as error:
        raise InvalidFile(f"{name}, line 1: {error}: mend the header line.") from error
    if header and not second:
        raise InvalidFile(f"{name} holds a header and no rows: check the export's filter.")
    return tuple(header)


def _jsonl_columns(path: Path, name: str) -> tuple[str, ...]:
    with path.open("rb") as lines:
        start = lines.read(4096).lstrip()
    if not start:
        raise InvalidFile(f"{name} holds only blank lines: export it again.")
    if start.startswith(b"["):
        raise InvalidFile(
            f"{name} is one JSON array: write one object per line (jq -c '.[]' does it)."
        )
    return ()


_CHECKS = {"parquet": _parquet_columns, "csv": _csv_columns, "jsonl": _jsonl_columns}


def _first_bad_line(source: Source) -> str | None:
    """The first line that Python's own parsers refuse, in words; None when they find none."""
    if source.form == "parquet":
        return None
    try:
        with source.path.open(encoding="utf-8-sig", newline="") as lines:
            if source.form == "jsonl":
                for number, line in enumerate(lines, 1):
                    if line.strip() and not isinstance(json.loads(line), dict):
                        return f"line {number} is not a JSON object"
                return None
            rows = csv.reader(lines, strict=True)
            for row in rows:
                if row and len(row) != len(source.columns):
                    return (
                        f"line {rows.line_num} has {len(row)} values, "
                        f"the header has {len(source.columns)}"
                    )
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 text ({error.reason}): save it as UTF-8"
    except json.JSONDecodeError as error:
        return f"line {number}: {error.msg} at character {error.pos + 1}"
    except csv.Error as error:
        return f"line {rows.line_num}: {error}"
    return None
