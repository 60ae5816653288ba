"""Users as files: CSV that no spreadsheet calculates, and Parquet with every value as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..lake.spreadsheets import CSV, PARQUET, safe_name, safe_text
from ..lake.tables import identifier, literal

if TYPE_CHECKING:
    import duckdb

ENDINGS = {"csv": "csv.gz", "parquet": "parquet"}


def write_audience(
    con: duckdb.DuckDBPyConnection,
    users: str,
    columns: Sequence[str],
    path: Path,
    form: Literal["csv", "parquet"],
) -> int:
    """Write the `columns`, all text, of the relation `users` (a table, or a SELECT in brackets)
    that also has the column uh; how many rows.

    Rows are in the order of uh, so that a repeat writes the same bytes.
    """
    shown = []
    for name in columns:
        column = identifier(name)
        if form == "csv":
            shown.append(f"{safe_text(column)} AS {identifier(safe_name(name))}")
        else:
            shown.append(column)
    options = CSV if form == "csv" else PARQUET
    [(rows,)] = con.execute(
        f"COPY (SELECT {', '.join(shown)} FROM {users} AS audience ORDER BY uh) "
        f"TO {literal(str(path))} ({options})"
    ).fetchall()
    return int(rows)
