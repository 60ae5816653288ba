"""Small files for tests, written the ways that other people write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from intent_segments.events.files import Kind, open_source
from intent_segments.events.limits import ON_FILES, Limits
from intent_segments.events.normalize import Normalized, normalize
from intent_segments.lake.tables import connect


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def events(path: Path, *rows: tuple[str, str, str]) -> Path:
    """A Parquet events file of (user_id, event, ts as ISO text)."""
    users, names, times = zip(*rows, strict=True)
    return parquet(path, user_id=list(users), event=list(names), ts=list(times))


def text(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def normalized(
    path: Path, *, kind: Kind = "events", limits: Limits = ON_FILES, **options: Any
) -> tuple[Normalized, list[dict[str, Any]]]:
    """What normalize says of a file, and its canonical rows in order of time."""
    con = connect()
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    result = normalize(con, open_source(path, kind, scratch, limits), **options)
    cursor = con.execute(f"SELECT * FROM {result.table} ORDER BY ts, user_id, event, mid")
    return result, as_dicts([d[0] for d in cursor.description], cursor.fetchall())


def as_dicts(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]
