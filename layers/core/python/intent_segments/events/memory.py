"""Reads a Parquet file once under a ceiling of memory, before anything is kept of it.

DuckDB counts most of what it allocates, but not what a page expands to while it is decoded: 14 kB
of a dictionary of long values took 8 GB under a limit of 1.6 GB. The operating system counts
everything; an allocation beyond the ceiling fails, which DuckDB reports like any other error.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.compute as pc

from ..errors import InvalidFile
from ..lake.tables import identifier, literal
from .files import Source, reading
from .limits import PROBE_MEMORY

BATCH = 8_192
"""Rows after which the bytes so far are looked at."""
STATUS = Path("/proc/self/status")


def probe(con: duckdb.DuckDBPyConnection, source: Source, limit: int) -> None:
    """Decode every column of text or of a nested type, and stop when they exceed `limit` bytes.

    Raises InvalidFile then and when a page is damaged, OutOfMemoryException or MemoryError beyond
    PROBE_MEMORY.
    """
    if source.form != "parquet":
        return
    file = f"read_parquet({literal(str(source.path))})"
    total = 0
    with reading(source), at_most(PROBE_MEMORY):
        described = con.execute(f"DESCRIBE SELECT * FROM {file}").fetchall()
        lengths = [_length(identifier(name), kind) for name, kind, *_ in described]
        looked_at = " + ".join(length for length in lengths if length) or "0"
        rows = con.sql(f"SELECT CAST({looked_at} AS BIGINT) AS bytes FROM {file}")
        for batch in rows.to_arrow_reader(BATCH):
            total += pc.sum(batch.column(0)).as_py() or 0
            if total > limit:
                size = source.path.stat().st_size
                raise InvalidFile(
                    f"{source.name} expands from {size:,} bytes to more than {limit >> 30} GiB of "
                    "values, the limit for one file: split it, or shorten the values."
                )


def _length(column: str, kind: str) -> str | None:
    if kind == "BLOB":
        return f"coalesce(octet_length({column}), 0)"
    if kind in ("VARCHAR", "JSON"):
        return f"coalesce(strlen({column}), 0)"
    if kind.startswith(("STRUCT", "MAP")) or kind.endswith("]"):
        return f"coalesce(strlen(CAST({column} AS VARCHAR)), 0)"
    return None


@contextmanager
def at_most(more: int) -> Iterator[None]:
    """Let this process allocate at most `more` bytes beyond what it holds; on Linux alone.

    The ceiling is the whole process's: for a process that does one thing at a time.
    """
    held = _held()
    if held is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    ceiling = held + more
    for given in (soft, hard):
        if given != resource.RLIM_INFINITY:
            ceiling = min(ceiling, given)
    resource.setrlimit(resource.RLIMIT_DATA, (ceiling, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _held() -> int | None:
    """Bytes of private memory as the limit counts them; None where the system does not tell."""
    if not STATUS.exists():
        return None
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    return int(lines["VmData"].split()[0]) << 10
