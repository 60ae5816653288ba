"""Text in CSV files that no spreadsheet takes for a formula, and how such files are written."""

from __future__ import annotations

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
"""First characters that make a spreadsheet take a cell for a formula (OWASP, "CSV Injection")."""

CSV = "FORMAT csv, HEADER, NEW_LINE '\\r\\n', COMPRESSION gzip"
"""DuckDB's options for a CSV file of users: RFC 4180, gzip."""

PARQUET = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880"
"""The same for Parquet; 122,880 rows are DuckDB's own unit."""


def safe_text(column: str) -> str:
    """SQL for a text column with a leading apostrophe where a spreadsheet would calculate."""
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return f"CASE WHEN {column}[1] IN ({starts}) THEN '''' || {column} ELSE {column} END"


def safe_name(name: str) -> str:
    """The same for the name of a column."""
    return f"'{name}" if name[:1] in tuple(FORMULA_STARTS) else name
