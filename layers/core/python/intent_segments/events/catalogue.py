"""What a batch of canonical rows teaches about events and the kinds of their properties."""

from __future__ import annotations

import json

import duckdb

from ..lake.manifest import MAX_PROPERTIES, EventEntry

KINDS = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "UBIGINT": "number",
    "BIGINT": "number",
    "HUGEINT": "number",
    "DOUBLE": "number",
}
"""DuckDB's names for JSON types; a list or an object is `nested`, a null is no value."""


def catalogue_of(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, EventEntry]:
    """Event name -> entry, from a table with event (name), day and properties (JSON object)."""
    rows = con.execute(
        f"SELECT event, count(*), min(day), max(day) FROM {table} GROUP BY event ORDER BY event"
    ).fetchall()
    properties: dict[str, dict[str, dict[str, int]]] = {row[0]: {} for row in rows}
    # Rows have few different structures, so they are counted in SQL and taken apart here.
    structures = con.execute(
        f"""SELECT event, json_structure(properties) AS structure, count(*)
        FROM {table} WHERE properties <> '{{}}' GROUP BY ALL ORDER BY event, structure"""
    ).fetchall()
    for event, structure, count in structures:
        found = properties[event]
        for key, type_ in json.loads(structure).items():
            if type_ == "NULL" or (key not in found and len(found) >= MAX_PROPERTIES):
                continue
            kind = KINDS.get(type_, "nested") if isinstance(type_, str) else "nested"
            kinds = found.setdefault(key, {})
            kinds[kind] = kinds.get(kind, 0) + count
    return {
        event: EventEntry(count, first, last, dict(sorted(properties[event].items())))
        for event, count, first, last in rows
    }
