"""Small Parquet files as numpy columns: target groups and scores of one group of users.

DuckDB reads and writes them, so that functions which carry scikit-learn need no pyarrow. To open a
DuckDB takes ten times as long as to read a small file: a job that has a connection lends it, the
others share one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy.typing as npt

Columns = Mapping[str, npt.NDArray[Any]]

ROW_GROUP = 16_384
"""Rows per row group: one user's row is found with a few ranged reads."""


def write_columns(
    path: Path, columns: Columns, lent: duckdb.DuckDBPyConnection | None = None
) -> Path:
    """Write equally long columns in the order given, zstd; equal columns give equal bytes.

    object arrays of str become VARCHAR, numbers keep their type.
    """
    target = str(path).replace("'", "''")
    with _cursor(lent) as con:
        con.register("columns", dict(columns))
        con.execute(
            f"COPY (SELECT * FROM columns) TO '{target}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        con.unregister("columns")
    return path


def read_columns(
    path: Path, names: tuple[str, ...], lent: duckdb.DuckDBPyConnection | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Columns by name, rows as written."""
    listed = ", ".join(f'"{name}"' for name in names)
    with _cursor(lent) as con:
        found = con.execute(f"SELECT {listed} FROM read_parquet($path)", {"path": str(path)})
        columns = found.fetchnumpy()
    return {name: columns[name] for name in names}


@contextmanager
def _cursor(lent: duckdb.DuckDBPyConnection | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of the connection lent, or of the process's own."""
    con = (lent or _own()).cursor()
    try:
        yield con
    finally:
        con.close()


@cache
def _own() -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that never holds anything."""
    return duckdb.connect(":memory:")
