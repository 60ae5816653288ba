"""What all files of an experiment must have: one row per user, and an id in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intent_segments.errors import InvalidFile
from intent_segments.events.files import Source
from intent_segments.events.timestamps import INTEGERS

if TYPE_CHECKING:
    import duckdb


def user_id(source: Source, columns: dict[str, str]) -> str:
    """SQL of user_id as text."""
    kind = columns["user_id"]
    if kind in INTEGERS or kind in ("VARCHAR", '"NULL"') or kind.startswith(("UUID", "ENUM")):
        return "CAST(user_id AS VARCHAR)"
    raise InvalidFile(
        f"{source.name}: the column user_id has the type {kind}; it must be text or whole numbers: "
        "convert it when exporting."
    )


def refuse_missing_ids(con: duckdb.DuckDBPyConnection, name: str, table: str) -> None:
    query = f"SELECT count(*) FROM {table} WHERE coalesce(trim(user_id), '') = ''"
    if missing := con.execute(query).fetchall()[0][0]:
        raise InvalidFile(f"{name}: {missing:,} rows have no user_id: leave them out.")


def repeated(con: duckdb.DuckDBPyConnection, table: str, kinds: str) -> tuple[int, int, int]:
    """(rows of users with several, such users, those of them with several kinds)."""
    return con.execute(
        f"""SELECT coalesce(SUM(n), 0), count(*), count_if(kinds > 1) FROM (
            SELECT user_id, count(*) AS n, {kinds} AS kinds FROM {table}
            GROUP BY user_id HAVING count(*) > 1)"""
    ).fetchall()[0]
