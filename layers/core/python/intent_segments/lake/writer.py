"""Writes one part: a table's rows as one Parquet file per user group, sorted, and uploads them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from .layout import group_bounds, part_key
from .manifest import Part
from .merge import ORDER, STORED
from .objects import Bucket
from .tables import literal

ROW_GROUP = 122_880
"""Rows per Parquet row group, DuckDB's own unit: one is what a thread reads at a time."""


def write_part(
    con: duckdb.DuckDBPyConnection,
    rows: str,
    table: str,
    gen: str,
    groups: int,
    objects: Bucket,
    folder: Path,
) -> Part | None:
    """Write the relation `rows` (a table name or a SELECT in brackets) as a part of `table`.

    The columns are those of `merge.STORED[table]`. Keys follow from `table`, `gen` and group, so a
    repeated write overwrites itself. `folder` is scratch space. None when there is no row.
    """
    day = {"events": "day", "activity": "day", "users": "first_day", "profiles": "valid_from"}[
        table
    ]
    total, low, high = con.execute(
        f"SELECT count(*), min({day}), max({day}) FROM {rows}"
    ).fetchone() or (0, None, None)
    if not total:
        return None
    files: dict[str, Path] = {}
    held = []
    with TemporaryDirectory(dir=folder) as scratch:
        for group in range(groups):
            path = Path(scratch) / f"g={group:04d}.parquet"
            low_uh, high_uh = group_bounds(group, groups)
            where = f"uh >= {low_uh} AND uh <= {high_uh - 1}"
            if copy_sorted(con, f"SELECT * FROM {rows} WHERE {where}", table, path):
                files[part_key(table, gen, group)] = path
                held.append(group)
        size = sum(path.stat().st_size for path in files.values())
        objects.upload(files)
    events = None
    if table == "events":
        codes = con.execute(f"SELECT DISTINCT event FROM {rows} ORDER BY event").fetchall()
        events = tuple(code for (code,) in codes)
    return Part(table, gen, low, high, total, size, tuple(held), events)


def copy_sorted(con: duckdb.DuckDBPyConnection, rows: str, table: str, path: Path) -> int:
    """Write the rows of a SELECT as one sorted Parquet file; returns how many, 0 writes none."""
    # Cast, so that a column of nulls alone has the type that other parts give it.
    columns = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in STORED[table].items())
    written = con.execute(
        f"COPY (SELECT {columns} FROM ({rows}) ORDER BY {ORDER[table]}) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    ).fetchone()
    count = int(written[0]) if written else 0
    if count == 0:
        path.unlink(missing_ok=True)
    return count
