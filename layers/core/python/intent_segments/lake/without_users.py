"""A Parquet file without some users: who of them is in it, and the file with the others' rows as
they were. Users are known by the column uh, or by user_id where there is none."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

from .layout import HASH_SQL
from .tables import literal


def users_in(con: duckdb.DuckDBPyConnection, path: Path, hashes: Collection[int]) -> dict[int, int]:
    """User hash -> rows, of those of `hashes` who are in the file. A file that has neither column
    names nobody. Raises duckdb.Error for one that is no Parquet file."""
    uh = _uh(con, path)
    if uh is None or not hashes:
        return {}
    rows = con.execute(
        f"SELECT {uh} AS uh, count(*) FROM {_rows(path)} WHERE {_of(uh, hashes)} GROUP BY uh"
    ).fetchall()
    return dict(rows)


def rows_in(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """How many rows a file has."""
    [(rows,)] = con.execute(f"SELECT count(*) FROM {_rows(path)}").fetchall()
    return int(rows)


def write_without(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    hashes: Collection[int],
    target: Path,
    row_group: int,
) -> int:
    """Write the other users' rows, in their order, to `target`; how many there are."""
    uh = _uh(con, path)
    where = "" if uh is None else f" WHERE NOT coalesce({_of(uh, hashes)}, false)"
    [(rows,)] = con.execute(
        f"COPY (SELECT * FROM {_rows(path)}{where}) TO {literal(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group})"
    ).fetchall()
    return int(rows)


def rows_of_users(path: Path, hashes: Collection[int]) -> str:
    """A SELECT in brackets of the users' rows of a file that has the column uh."""
    return f"(SELECT * FROM {_rows(path)} WHERE {_of('uh', hashes)})"


def _uh(con: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {_rows(path)}").fetchall()]
    if "uh" in columns:
        return "uh"
    return HASH_SQL.format(id="CAST(user_id AS VARCHAR)") if "user_id" in columns else None


def _of(uh: str, hashes: Collection[int]) -> str:
    return f"{uh} IN ({', '.join(map(str, sorted(hashes)))})"


def _rows(path: Path) -> str:
    return f"read_parquet([{literal(str(path))}], hive_partitioning = false)"
