"""Brings a checked file into DuckDB as it is, and says what type each column has.

Parquet is read in place. CSV comes as text, and JSON lines as one JSON value per line, because a
reader that guesses types from the first rows fails, or lies, at a later one; here a column's type
is decided by all of its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ..errors import InvalidFile
from ..lake.tables import identifier, literal
from .files import Source, check_columns, reading
from .limits import MAX_COLUMNS
from .text_files import SET_ASIDE, Malformed, mend
from .timestamps import FLOATS, INSTANTS, INTEGERS, shown_instant

RESERVED = ("user_id", "event", "ts", "properties", "message_id")
NUMBER = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?"
"""JSON's number syntax: a leading zero (a zip code) or a plus (a phone number) makes it text."""
WHOLE = "-?(0|[1-9][0-9]{0,17})"
"""A number that fits BIGINT."""
ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?"


@dataclass(frozen=True)
class Staged:
    """A file inside DuckDB: `table` (temporary) and its columns with their DuckDB types.

    `extras` is the name of a column that holds all further keys of a JSON line as one JSON object,
    or None for the other formats, whose further columns stand in `columns`. `malformed` are lines
    of a text file that are not in the table because they could not be parsed.
    """

    table: str
    columns: dict[str, str]
    extras: str | None = None
    malformed: Malformed | None = None


def stage_events(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Staged:
    """Stage an events file as the temporary `table`. Raises InvalidFile when it is malformed."""
    if source.form == "jsonl":
        return _stage_json_events(con, source, table)
    return _stage_flat(con, source, table)


def stage_profiles(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Staged:
    """Stage a profiles file as the temporary `table`, one column per trait, typed."""
    if source.form == "jsonl":
        return _stage_json_profiles(con, source, table)
    return _stage_flat(con, source, table)


def drop(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Remove a temporary table or view, whichever it is."""
    kind = con.execute(
        "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [table]
    ).fetchone()
    if kind:
        con.execute(f"DROP {'VIEW' if kind[0] == 'VIEW' else 'TABLE'} {table}")


def _stage_flat(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Staged:
    if source.form == "parquet":
        with reading(source):
            con.execute(
                f"CREATE TEMP VIEW {table} AS "
                f"SELECT * FROM read_parquet({literal(str(source.path))})"
            )
        return Staged(table, _types(con, table))
    columns = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in source.columns)

    def load(path: Path) -> None:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv("
            f"{literal(str(path))}, columns = {{{columns}}}, auto_detect = false, header = true, "
            """delim = ',', quote = '"', escape = '"')"""
        )

    malformed = _load_text(source, load)
    _refuse_no_rows(con, source, table)
    given = {"user_id", "event", "message_id", "ts", "properties"}
    if source.kind == "profiles":
        given = {"user_id"}
    return _typed(con, table, [c for c in source.columns if c not in given], malformed)


def _load_text(source: Source, load: Callable[[Path], bool | None]) -> Malformed | None:
    """`load` the text strictly, or else without its broken lines, which are returned.

    `load` may answer True for a text that parses and yet has lines of another shape.
    """
    try:
        failed = load(source.path)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        failed = True
    if not failed:
        return None
    mended = mend(source.path, source.form, source.columns, source.name, source.folder)
    path, malformed = mended or (source.path, None)
    with reading(source):
        load(path)
    return malformed


def _stage_json_events(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Staged:
    malformed = _read_lines(con, source, f"{table}_lines")
    keys = _json_keys(con, f"{table}_lines", source)
    check_columns(source.name, source.kind, tuple(keys))
    known = (*RESERVED, SET_ASIDE)
    removed = literal("{" + ", ".join(f'"{key}": null' for key in known) + "}")
    extra = set(keys) - set(known)
    merged = f"json_merge_patch(json, {removed})" if extra else "NULL::JSON"
    # A user_id may be a JSON number, never an object or a boolean.
    con.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {_scalar('user_id')} AS user_id, "
        f"{_scalar('event')} AS event, json->>'/ts' AS ts, "
        "CASE WHEN json_type(json, '/properties') = 'VARCHAR' THEN json->>'/properties' "
        "ELSE CAST(json_extract(json, '/properties') AS VARCHAR) END AS properties, "
        f"{_scalar('message_id')} AS message_id, {merged} AS extras FROM {table}_lines"
    )
    con.execute(f"DROP TABLE {table}_lines")
    columns = dict.fromkeys(RESERVED, "VARCHAR")
    return Staged(table, columns, "extras" if extra else None, malformed)


def _scalar(key: str) -> str:
    return (
        f"CASE WHEN json_type(json, '/{key}') IN ('VARCHAR', 'UBIGINT', 'BIGINT', 'HUGEINT') "
        f"THEN json->>'/{key}' END"
    )


def _stage_json_profiles(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Staged:
    lines = f"{table}_lines"
    malformed = _read_lines(con, source, lines)
    keys = _json_keys(con, lines, source)
    check_columns(source.name, source.kind, tuple(keys))
    pointers = {key: literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys}
    columns = ", ".join(f"json->>{pointers[k]} AS {identifier(k)}" for k in keys)
    con.execute(f"CREATE TEMP TABLE {table} AS SELECT {columns} FROM {lines}")
    types: dict[str, str] = {}
    text = []
    for key, pointer in pointers.items():
        found = con.execute(
            f"SELECT DISTINCT json_type(json, {pointer}) FROM {lines} "
            f"WHERE json_type(json, {pointer}) NOT IN ('NULL')"
        ).fetchall()
        kinds = {row[0] for row in found}
        if kinds and kinds <= {"UBIGINT", "BIGINT", "DOUBLE"} and key != "user_id":
            types[key] = "DOUBLE"
        elif kinds == {"BOOLEAN"}:
            types[key] = "BOOLEAN"
        elif kinds & {"OBJECT", "ARRAY"}:
            types[key] = "JSON"
        else:
            types[key] = "VARCHAR"
            text.append(key)
    con.execute(f"DROP TABLE {lines}")
    _cast(con, table, {k: t for k, t in types.items() if t in ("DOUBLE", "BOOLEAN")})
    typed = _typed(con, table, [k for k in text if k != "user_id"], malformed, instants_only=True)
    nested = {k: t for k, t in types.items() if t == "JSON"}
    return Staged(table, {**typed.columns, **nested}, None, malformed)


def _read_lines(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> Malformed | None:
    def load(path: Path) -> bool:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS "
            f"SELECT json FROM read_ndjson_objects({literal(str(path))})"
        )
        odd = f"SELECT 1 FROM {table} WHERE json_type(json) IS DISTINCT FROM 'OBJECT' LIMIT 1"
        return bool(con.execute(odd).fetchall())

    malformed = _load_text(source, load)
    _refuse_no_rows(con, source, table)
    return malformed


def _json_keys(con: duckdb.DuckDBPyConnection, table: str, source: Source) -> list[str]:
    # One key beyond the limit is enough to refuse the file.
    rows = con.execute(
        f"SELECT DISTINCT unnest(json_keys(json)) AS key FROM {table} "
        f"ORDER BY key LIMIT {MAX_COLUMNS + 1}"
    ).fetchall()
    return [row[0] for row in rows]


def _typed(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    malformed: Malformed | None,
    instants_only: bool = False,
) -> Staged:
    """Give text columns the type that all their values have; empty text is no value."""
    if columns:
        tests = []
        for column in columns:
            text = f"nullif(trim({identifier(column)}), '')"
            for test in (
                f"regexp_full_match({text}, '{WHOLE}')",
                f"regexp_full_match({text}, '{NUMBER}')",
                f"lower({text}) IN ('true', 'false')",
                f"regexp_full_match({text}, '{ISO}') AND TRY_CAST({text} AS TIMESTAMPTZ) NOTNULL",
            ):
                tests.append(f"coalesce(bool_and(CASE WHEN {text} NOTNULL THEN {test} END), false)")
        row = con.execute(f"SELECT {', '.join(tests)} FROM {table}").fetchone() or ()
        casts = {}
        for i, column in enumerate(columns):
            whole, number, boolean, instant = row[4 * i : 4 * i + 4]
            if whole and not instants_only:
                casts[column] = "BIGINT"
            elif number and not instants_only:
                casts[column] = "DOUBLE"
            elif boolean and not instants_only:
                casts[column] = "BOOLEAN"
            elif instant:
                casts[column] = "TIMESTAMPTZ"
        _cast(con, table, casts)
    return Staged(table, _types(con, table), None, malformed)


def _cast(con: duckdb.DuckDBPyConnection, table: str, casts: dict[str, str]) -> None:
    for column, kind in casts.items():
        name = identifier(column)
        con.execute(
            f"ALTER TABLE {table} ALTER {name} TYPE {kind} "
            f"USING CAST(nullif(trim({name}), '') AS {kind})"
        )


def _types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = con.execute(f"DESCRIBE {table}").fetchall()
    return {row[0]: row[1] for row in rows}


def _refuse_no_rows(con: duckdb.DuckDBPyConnection, source: Source, table: str) -> None:
    if not con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
        raise InvalidFile(f"{source.name} holds no rows: check the export's filter.")


def scalar_json(column: str, kind: str) -> str | None:
    """SQL for a flat column's value inside a JSON object; None when the type is not flat."""
    name = identifier(column)
    if kind in FLOATS:
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    if kind in INTEGERS or kind.startswith("DECIMAL") or kind in ("BOOLEAN", "VARCHAR"):
        return name
    if kind == "DATE":
        return f"left({shown_instant(name)}, 10)"
    if kind.startswith(("ENUM", "UUID")) or kind == "TIME":
        return f"CAST({name} AS VARCHAR)"
    if kind in INSTANTS:
        return shown_instant(name)
    return None
