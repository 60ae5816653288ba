"""Files with other people's names: which of their fields are ours.

A mapping is a JSON object. `user_id`, `event`, `ts` and `message_id` name a field each, or a list
of which the first that has a value counts; `properties` names an object, or several, later ones
over earlier ones; `keep` names further fields that become properties. A field is a name, or a path
of names with dots between. Instead of `event`, `event_is` says what every row is. `ts_format` is a
strptime format where `ts` is in none of the usual ones. `entries` are lists of {key, value} objects
that become properties (GA4). What is not named is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from ..errors import InvalidFile, InvalidInput
from ..lake.tables import literal
from .files import Source, reading

Fields = tuple[str, ...]

MOST_FIELDS = 200
"""Of one entry of a mapping."""


@dataclass(frozen=True)
class FieldMapping:
    """See above. Every entry is a tuple of fields, the first one with a value counts."""

    user_id: Fields
    ts: Fields
    event: Fields = ()
    event_is: str | None = None
    message_id: Fields = ()
    properties: Fields = ()
    keep: Fields = ()
    entries: Fields = ()
    ts_format: str | None = None

    @classmethod
    def parse(cls, document: Json[str, Any], at: str = "mapping") -> FieldMapping:
        """From JSON. Raises InvalidInput that names the entry and the remedy."""
        known = {entry.name for entry in fields(cls)}
        for name in document.keys() - known:
            raise InvalidInput.at(
                f"{at}.{name}",
                f"{name} is no entry of a mapping; there are {', '.join(sorted(known))}",
            )
        texts = ("event_is", "ts_format")
        found: dict[str, Any] = {}
        for name, value in document.items():
            found[name] = (
                _text(value, f"{at}.{name}") if name in texts else _fields(value, f"{at}.{name}")
            )
        for name in ("user_id", "ts"):
            if not found.get(name):
                raise InvalidInput.at(f"{at}.{name}", f"a mapping names a field for {name}")
        if bool(found.get("event")) == bool(found.get("event_is")):
            raise InvalidInput.at(f"{at}.event", "a mapping has one of event and event_is")
        return cls(**found)


def mapped(con: duckdb.DuckDBPyConnection, source: Source, how: FieldMapping, to: Path) -> Path:
    """Write the file's rows as Parquet with the columns user_id, event, ts, properties, message_id.

    What a row lacks is null, and for the import to judge. Raises InvalidFile where no row has a
    value for user_id, event or ts.
    """
    properties = [*(f"json_extract(json, {_path(name)})" for name in how.properties)]
    properties += [_entries(name) for name in how.entries]
    if how.keep:
        pairs = ", ".join(f"{literal(k)}, json_extract(json, {_path(k)})" for k in how.keep)
        properties.insert(0, f"json_object({pairs})")
    merged = "'{}'"
    for one in properties:
        merged = f"json_merge_patch({merged}, coalesce({one}, '{{}}'))"
    event = literal(how.event_is) if how.event_is is not None else _first(how.event)
    ts = _first(how.ts)
    if how.ts_format is not None:
        ts = f"try_strptime({ts}, {literal(how.ts_format)})"
    with reading(source):
        con.execute(
            f"""COPY (SELECT {_first(how.user_id)} AS user_id, {event} AS event, {ts} AS ts,
                CAST({merged} AS VARCHAR) AS properties, {_first(how.message_id)} AS message_id
            FROM ({_objects(source)})) TO {literal(str(to))} (FORMAT parquet)"""
        )
    rows = con.execute(
        f"""SELECT count(user_id), count(event), count(ts) FROM read_parquet({literal(str(to))})"""
    ).fetchone() or (0, 0, 0)
    for name, count in zip(("user_id", "event", "ts"), rows, strict=True):
        if not count:
            wanted = ", ".join(getattr(how, name)) or "event_is"
            raise InvalidFile(
                f"{source.name}: no row has a value for {name} (the mapping says {wanted}): is it "
                "the right mapping for this file?"
            )
    return to


def _objects(source: Source) -> str:
    """SQL for every row as one JSON object."""
    path = literal(str(source.path))
    if source.form == "jsonl":
        return f"SELECT json FROM read_ndjson_objects({path})"
    if source.form == "csv":
        return (
            f"SELECT to_json(t) AS json FROM read_csv({path}, all_varchar = true, header = true) t"
        )
    return f"SELECT to_json(t) AS json FROM read_parquet({path}) t"


def _first(names: Fields) -> str:
    """SQL for the text of the first field with a value that is not empty."""
    if not names:
        return "NULL::VARCHAR"
    texts = (f"nullif(json_extract_string(json, {_path(name)}), '')" for name in names)
    return f"coalesce({', '.join(texts)})"


def _entries(name: str) -> str:
    """SQL for a list of {key, value} as an object; a value may be an object with one value in it,
    such as GA4's {"string_value": …, "int_value": …}."""
    kinds = ("string_value", "int_value", "double_value", "float_value")
    paths = [*(f"$.value.{kind}" for kind in kinds), "$.value"]
    # A JSON null is a value to SQL.
    value = ", ".join(f"nullif(CAST(e -> '{path}' AS VARCHAR), 'null')::JSON" for path in paths)
    return (
        f"(SELECT json_group_object(e ->> '$.key', coalesce({value})) "
        f"FROM unnest(json_extract(json, {_path(name, '[*]')})) AS u(e) "
        "WHERE e ->> '$.key' IS NOT NULL)"
    )


def _path(name: str, rest: str = "") -> str:
    """A JSONPath of quoted names: fields such as `$insert_id` are no syntax."""
    steps = "".join("." + json.dumps(step) for step in name.split("."))
    return literal(f"${steps}{rest}")


def _fields(value: Any, at: str) -> Fields:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not 0 < len(names) <= MOST_FIELDS:
        raise InvalidInput.at(
            at, f"{at} must be the name of a field or a list of 1 to {MOST_FIELDS}"
        )
    return tuple(_text(name, at) for name in names)


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str) or not value.strip() or '"' in value:
        raise InvalidInput.at(at, f"{at} must be text without quotation marks, not {value!r}")
    return value
