"""Small Parquet files as numpy columns: target groups and scores of one group of users.

DuckDB reads and writes them, so that functions which carry scikit-learn need no pyarrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy.typing as npt

Columns = Mapping[str, npt.NDArray[Any]]

ROW_GROUP = 16_384
"""Rows per row group: one user's row is found with a few ranged reads."""


def write_columns(path: Path, columns: Columns) -> Path:
    """Write equally long columns in the order given, zstd; equal columns give equal bytes.

    object arrays of str become VARCHAR, numbers keep their type.
    """
    con = duckdb.connect(":memory:")
    con.register("columns", dict(columns))
    target = str(path).replace("'", "''")
    con.execute(
        f"COPY (SELECT * FROM columns) TO '{target}'"
        f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    con.close()
    return path


def read_columns(path: Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    """Columns by name, rows as written."""
    con = duckdb.connect(":memory:")
    listed = ", ".join(f'"{name}"' for name in names)
    found = con.execute(f"SELECT {listed} FROM read_parquet($path)", {"path": str(path)})
    columns = found.fetchnumpy()
    con.close()
    return {name: columns[name] for name in names}
