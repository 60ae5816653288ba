"""Users who are or have been erased, as an import meets them in files that still hold them.

While an erasure is pending everything of its user is left out. Of a user who has been erased what
is dated up to the day of the request is left out for good, and what comes later is a new user's.
Those are known by keyed hashes alone: who has the list cannot tell whom it is about without trying
every id, and cannot try without the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from .tables import literal

KEY_DIGITS = 32
"""Hexadecimal digits of a keyed hash that are kept: 128 bits."""
KEY_SQL = "left(sha256({salt} || ':' || CAST(uh AS VARCHAR)), {digits})"
"""`keyed` of the column uh in DuckDB SQL."""
FOR_EVER = 2**31 - 1


def keyed(uh: int, salt: str) -> str:
    """The keyed hash of a user hash; `salt` is the key, 256 random bits in hex."""
    return hashlib.sha256(f"{salt}:{uh}".encode()).hexdigest()[:KEY_DIGITS]


@dataclass(frozen=True)
class Erased:
    """The list of erased users at one `version`. `hidden` are hashes of pending erasures; `done`
    is a Parquet file with key (`keyed`) and through (day), None before the first one is done."""

    version: int = 0
    hidden: frozenset[int] = frozenset()
    done: Path | None = None
    salt: str = ""

    def take_out(
        self, con: duckdb.DuckDBPyConnection, table: str, day: str, known: str = ""
    ) -> int:
        """Delete the rows of `table` (uh and the local day in the column `day`) that are not to be
        taken in; how many. A row without a day goes too, unless its user is one of the SELECT
        `known` (uh) again."""
        if not self.hidden and self.done is None:
            return 0
        again = f"AND NOT (t.{day} IS NULL AND t.uh IN ({known}))" if known else ""
        self._users_of(con, table)
        [(count,)] = con.execute(
            f"""DELETE FROM {table} t USING erased_users e
            WHERE t.uh = e.uh AND (e.through = {FOR_EVER}
                OR (coalesce(t.{day}, e.through) <= e.through {again}))"""
        ).fetchall()
        return int(count)

    def _users_of(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        """Create `erased_users` (uh, through) of those in a table."""
        hidden = ", ".join(f"({uh}, {FOR_EVER})" for uh in sorted(self.hidden))
        found = [f"SELECT * FROM (VALUES {hidden}) h(uh, through)"] if hidden else []
        if self.done is not None:
            key = KEY_SQL.format(salt=literal(self.salt), digits=KEY_DIGITS)
            found.append(
                f"""SELECT u.uh, d.through FROM (SELECT DISTINCT uh FROM {table}) u
                JOIN read_parquet({literal(str(self.done))}) d ON d.key = {key}"""
            )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE erased_users AS SELECT CAST(uh AS BIGINT) AS uh, "
            f"max(through) AS through FROM ({' UNION ALL '.join(found)}) GROUP BY uh"
        )


def write_done(con: duckdb.DuckDBPyConnection, through: Mapping[str, int], path: Path) -> None:
    """Write the list of users who have been erased: key -> the last day that is left out."""
    keys = sorted(through)
    con.execute(
        "COPY (SELECT unnest($keys) AS key, unnest($days)::INTEGER AS through) "
        f"TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)",
        {"keys": keys, "days": [through[key] for key in keys]},
    )


def read_done(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """The inverse of `write_done`."""
    rows = con.execute("SELECT key, through FROM read_parquet($1)", [str(path)]).fetchall()
    return dict(rows)
