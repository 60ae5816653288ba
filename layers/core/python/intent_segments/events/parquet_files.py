"""The outside of a Parquet file: what its footer claims, before a page is decoded.

A footer is cheap to forge: a few kilobytes can claim billions of rows or describe ten thousand
columns. Everything here reads the footer alone; what pages hold is bounded by the engine's memory
and disk (`limits.py`).
"""

from __future__ import annotations

import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import InvalidFile
from .limits import (
    MAX_COLUMNS,
    MAX_FOOTER_BYTES,
    MAX_ROW_GROUP_BYTES,
    MAX_ROW_GROUPS,
    Limits,
)


def parquet_columns(path: Path, name: str, limits: Limits) -> tuple[tuple[str, ...], int]:
    """(names of the top-level columns, bytes uncompressed as claimed) of a Parquet file.

    Raises InvalidFile when the footer cannot be read or goes beyond a limit.
    """
    _check_footer_size(path, name)
    try:
        with pq.ParquetFile(path) as file:
            meta = file.metadata
            if meta.num_columns > MAX_COLUMNS:
                raise too_many_columns(name, meta.num_columns)
            columns = tuple(file.schema_arrow.names)
            groups = [meta.row_group(i) for i in range(min(meta.num_row_groups, MAX_ROW_GROUPS))]
            sizes = [group.total_byte_size for group in groups]
            rows = [group.num_rows for group in groups]
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).strip().split("\n")[0].rstrip(".")[:200]
        raise InvalidFile(
            f"{name} is not a Parquet file that can be read ({said}): export it again; a CSV file "
            "must be named .csv."
        ) from error
    if meta.num_row_groups > MAX_ROW_GROUPS:
        raise InvalidFile(
            f"{name} has {meta.num_row_groups:,} row groups, the limit is {MAX_ROW_GROUPS:,}: "
            "write larger row groups (about a million rows each)."
        )
    if min(rows, default=0) < 0 or sum(rows) != meta.num_rows:
        raise InvalidFile(
            f"{name} claims {meta.num_rows:,} rows, its row groups {sum(rows):,}: the footer is "
            "damaged; export it again."
        )
    if meta.num_rows == 0:
        raise InvalidFile(f"{name} holds no rows: check the export's filter.")
    if meta.num_rows > limits.rows:
        raise InvalidFile(
            f"{name} has {meta.num_rows:,} rows, the limit for one file is {limits.rows:,}: split "
            "it, for example by month."
        )
    if any(size < 0 or size > MAX_ROW_GROUP_BYTES for size in sizes):
        raise InvalidFile(
            f"{name} has a row group of {max(sizes) / 2**30:,.1f} GiB uncompressed, the limit is "
            f"{MAX_ROW_GROUP_BYTES >> 30} GiB: write smaller row groups (about a million rows)."
        )
    if sum(sizes) > limits.bytes:
        raise too_large(name, limits.bytes)
    return columns, sum(sizes)


def too_many_columns(name: str, found: int) -> InvalidFile:
    """The error of a file that is wider than MAX_COLUMNS."""
    return InvalidFile(
        f"{name} has {found:,} columns, the limit is {MAX_COLUMNS:,}: put values that vary from "
        "event to event into the column properties, as JSON text."
    )


def too_large(name: str, limit: int) -> InvalidFile:
    """The error of a file that holds more bytes than a limit, or than the disk has room for."""
    return InvalidFile(
        f"{name} is larger than the disk has room for, or than {limit / 2**30:,.3g} GiB "
        "uncompressed, the limit for one file: split it, for example by month."
    )


def _check_footer_size(path: Path, name: str) -> None:
    # The last 8 bytes: the footer's length, little-endian, and the magic number PAR1.
    with path.open("rb") as file:
        file.seek(-min(8, path.stat().st_size), 2)
        end = file.read(8)
    if len(end) < 8 or end[4:] not in (b"PAR1", b"PARE"):
        return  # no Parquet file at all, which pyarrow says better
    (length,) = struct.unpack("<I", end[:4])
    if MAX_FOOTER_BYTES < length <= path.stat().st_size:
        raise InvalidFile(
            f"{name} has a footer of {length / 2**20:,.0f} MiB, the limit is "
            f"{MAX_FOOTER_BYTES >> 20} MiB: write larger row groups, or fewer columns."
        )
