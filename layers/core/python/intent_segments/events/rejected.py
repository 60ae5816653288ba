"""Rows that are not loaded go into a file of their own, so that they can be mended and loaded.

JSON lines, gzipped, one object per row: `set_aside` (why), and the row's own values as far as they
are known. `intent load` takes such a file again and does not mistake `set_aside` for a property.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from ..lake.tables import literal
from .text_files import SET_ASIDE, Malformed


def reject_rows(
    con: duckdb.DuckDBPyConnection, path: Path, rows: int, malformed: Malformed | None
) -> None:
    """Append the `rows` of `parsed_events` that have a reason or broken properties, and the broken
    lines. Writes nothing when there are none."""
    if malformed:
        append(malformed.path, path)
    if rows:
        reject(
            con,
            f"""SELECT coalesce(reason, 'broken_properties') AS {SET_ASIDE}, user_id, event,
                said AS ts, message_id, coalesce(raw, properties) AS properties
            FROM parsed_events WHERE reason IS NOT NULL OR broken""",
            path,
        )


def reject(con: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    """Append the rows of a SELECT to `path`."""
    scratch = path.with_name(f"{path.name}.next")
    target = literal(str(scratch))
    con.execute(f"COPY ({rows}) TO {target} (FORMAT json, COMPRESSION gzip)")
    append(scratch, path)
    scratch.unlink()


def append(more: Path, path: Path) -> None:
    """Append a gzip file to another one."""
    # Gzip files one after the other are one gzip file (RFC 1952, section 2.2).
    with more.open("rb") as source, path.open("ab") as target:
        shutil.copyfileobj(source, target)
