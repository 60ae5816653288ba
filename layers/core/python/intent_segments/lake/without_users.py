"""A Parquet file without some users: who of them is in it, and the file with the others' rows as
they were. Users are known by the column uh, or by user_id where there is none; in files of other
tools, which have neither, by any column of text."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

from .layout import HASH_SQL
from .tables import identifier, literal


def users_in(con: duckdb.DuckDBPyConnection, path: Path, hashes: Collection[int]) -> dict[int, int]:
    """User hash -> rows, of those of `hashes` who are in the file. Raises duckdb.Error for one that
    is no Parquet file."""
    found: dict[int, int] = {}
    for uh in _ids(con, path) if hashes else ():
        rows = con.execute(
            f"SELECT {uh} AS uh, count(*) FROM {_rows(path)} WHERE {_of(uh, hashes)} GROUP BY uh"
        ).fetchall()
        found |= dict(rows)
    return found


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
    tests = [f"coalesce({_of(uh, hashes)}, false)" for uh in _ids(con, path)]
    where = f" WHERE NOT ({' OR '.join(tests)})" if tests else ""
    [(rows,)] = con.execute(
        f"COPY (SELECT * FROM {_rows(path)}{where}) TO {literal(str(target))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group})"
    ).fetchall()
    return int(rows)


def rows_of_users(path: Path, hashes: Collection[int]) -> str:
    """A SELECT in brackets of the users' rows of a file that has the column uh."""
    return f"(SELECT * FROM {_rows(path)} WHERE {_of('uh', hashes)})"


def _ids(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """SQL for the user hashes that a row has."""
    described = con.execute(f"DESCRIBE SELECT * FROM {_rows(path)}").fetchall()
    kinds = {row[0]: row[1] for row in described}
    if "uh" in kinds:
        return ["uh"]
    texts = [name for name, kind in kinds.items() if kind == "VARCHAR"]
    names = ["user_id"] if "user_id" in kinds else texts
    return [HASH_SQL.format(id=f"CAST({identifier(name)} AS VARCHAR)") for name in names]


def _of(uh: str, hashes: Collection[int]) -> str:
    return f"{uh} IN ({', '.join(map(str, sorted(hashes)))})"


def _rows(path: Path) -> str:
    return f"read_parquet([{literal(str(path))}], hive_partitioning = false)"
