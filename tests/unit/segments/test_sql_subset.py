"""The SQL of a definition: values are bound, and only what engines agree on is used.

DuckDB parses it back into a syntax tree (`json_serialize_sql`), whose nodes are compared with lists
of what is allowed: conditional aggregates, half-open ranges of integers, explicit COALESCE, windows
over a total order. The functions on JSON and on local time are DuckDB's own; each is named here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import duckdb
import pytest

from intent_segments.lake.tables import connect
from intent_segments.segments.clauses import KINDS
from intent_segments.segments.compile import (
    Compiled,
    compile_each,
    compile_members,
    compile_on_days,
)
from intent_segments.segments.definition import parse
from tests.unit.segments.cases import cases, features
from tests.unit.segments.histories import EVENTS
from tests.unit.segments.test_against_oracle import WORDS

AS_OF = date(2026, 4, 1)
CODES = {event: code for code, event in enumerate(EVENTS)}

CLASSES = {
    *("COLUMN_REF", "CONSTANT", "PARAMETER", "FUNCTION", "COMPARISON", "CASE", "CONJUNCTION"),
    *("OPERATOR", "CAST", "TYPE", "STAR", "WINDOW", "SUBQUERY"),
}
OPERATORS = {"OPERATOR_COALESCE", "OPERATOR_NOT", "OPERATOR_IS_NOT_NULL", "COMPARE_IN"}
AGGREGATES = {"max", "min", "sum", "count"}
PLAIN = {"+", "-", "/", "%", "||", "nullif", "lpad", "split_part", "instr"}
JSON_AND_TIME = {
    *("json_type", "json_extract", "json_extract_string", "regexp_full_match", "unnest"),
    *("make_timestamptz", "timezone", "date_part"),
}
NODES = {
    "SELECT_NODE",
    "BASE_TABLE",
    "SUBQUERY",
    "JOIN",
    "EMPTY",
    "ORDER_MODIFIER",
    "ORDER_DEFAULT",
}
TABLES = {"users", "activity", "events", "profiles", "scores"}


@cache
def parser() -> duckdb.DuckDBPyConnection:
    return connect()


def tree(query: Compiled) -> dict[str, Any]:
    """The syntax tree of a query, which must be one SELECT."""
    asked = "SELECT json_serialize_sql($sql)"
    found = parser().execute(asked, {"sql": query.sql}).fetchall()[0][0]
    document: dict[str, Any] = json.loads(found)
    assert not document["error"], document
    (statement,) = document["statements"]
    node: dict[str, Any] = statement["node"]
    return node


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from nodes(inner)


def broken_rules(query: Compiled) -> set[str]:
    """What of a query is outside the subset."""
    found = set()
    whole = tree(query)
    named = {
        entry["key"] for node in nodes(whole) for entry in node.get("cte_map", {}).get("map", ())
    }
    for node in nodes(whole):
        kind = node.get("class")
        if kind is not None:
            if kind not in CLASSES:
                found.add(f"expression {kind}")
            if kind == "OPERATOR" and node["type"] not in OPERATORS:
                found.add(f"operator {node['type']}")
            if kind == "FUNCTION":
                found.update(_function(node))
            if kind == "WINDOW" and not _exact_window(node):
                found.add("a window without a total order or frame")
        if node.get("type") == "BASE_TABLE" and node["table_name"] not in TABLES | named:
            found.add(f"table {node['table_name']}")
        if node.get("type") == "JOIN" and not _plain_join(node):
            found.add(f"join {node['join_type']} {node['ref_type']}")
        for modifier in node.get("modifiers", ()):
            if modifier["type"] != "ORDER_MODIFIER":
                found.add(f"modifier {modifier['type']}")
    return found


def _function(node: dict[str, Any]) -> Iterator[str]:
    name = node["function_name"]
    if name not in AGGREGATES | PLAIN | JSON_AND_TIME:
        yield f"function {name}"
    if node["filter"] is not None:
        yield f"FILTER of {name}"
    if node["order_bys"]["orders"]:
        yield f"ORDER BY inside {name}"


def _plain_join(node: dict[str, Any]) -> bool:
    return node["join_type"] in ("INNER", "LEFT") and node["ref_type"] == "REGULAR"


def _exact_window(node: dict[str, Any]) -> bool:
    """MAX over all rows before this one in the order of a column that is unique per user."""
    ordered = [order["expression"]["column_names"] for order in node["orders"]]
    frame = (node["start"], node["end"])
    return (
        node["function_name"] == "max"
        and ordered == [["ts"]]
        and frame == ("UNBOUNDED_PRECEDING", "EXPR_PRECEDING_ROWS")
    )


def test_all_that_random_definitions_become_stays_within_the_subset() -> None:
    words = set()
    for case in cases(seed=11, histories=40, each=10):
        words |= features(case.definition).keys()
        segments = {name: parse(document) for name, document in case.segments.items()}
        query = compile_members(
            parse(case.definition),
            case.as_of,
            event_codes=CODES,
            timezone=case.history.timezone,
            lookup=segments.get,
            user_ids=True,
        )
        assert not broken_rules(query), case.definition
    assert set(WORDS) <= words


def test_questions_about_many_days_stay_within_the_subset_too() -> None:
    for case in cases(seed=12, histories=2, each=10):
        definition = parse(case.definition)
        options: dict[str, Any] = {
            "event_codes": CODES,
            "lookup": {name: parse(found) for name, found in case.segments.items()}.get,
        }
        assert not broken_rules(compile_on_days(definition, [20_500, 20_530], 20_540, **options))
        asked = [(definition, AS_OF), (definition, case.as_of)]
        assert not broken_rules(compile_each(asked, **options))


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT COUNT(*) FILTER (WHERE n > 1) FROM activity", "FILTER of count_star"),
        ("SELECT approx_count_distinct(uh) FROM activity", "function approx_count_distinct"),
        ("SELECT first(uh ORDER BY day) FROM activity", "ORDER BY inside first"),
        ("SELECT uh FROM activity LIMIT 1", "modifier LIMIT_MODIFIER"),
        ("SELECT uh FROM 'elsewhere.parquet'", "table elsewhere.parquet"),
        (
            "SELECT MAX(n) OVER (ORDER BY day) FROM activity",
            "a window without a total order or frame",
        ),
        ("SELECT a.uh FROM activity a ASOF JOIN users u ON a.day > u.uh", "join"),
    ],
)
def test_what_is_outside_the_subset_is_seen(sql: str, rule: str) -> None:
    assert any(found.startswith(rule) for found in broken_rules(Compiled(sql, {}, frozenset())))


EVIL = "x' OR 1 = 1; DROP TABLE users --"
EVIL_CONDITION = {"property": EVIL, "eq": EVIL, "in": [EVIL], "contains": EVIL, "starts_with": EVIL}
HOSTILE: dict[str, dict[str, Any]] = {
    "did": {
        "event": EVIL,
        "where": [{**EVIL_CONDITION, "gt": EVIL, "ne": EVIL, "version_gte": "1.2"}],
        "sum": {"property": EVIL, "gte": 1},
    },
    "did_not": {"event": EVIL, "where": [EVIL_CONDITION]},
    "profile": {**EVIL_CONDITION, "lt": EVIL, "version_lt": "1.2"},
    "sequence": [{"event": EVIL, "where": [EVIL_CONDITION]}, {"event": EVIL}],
    "bucket": {"goal": EVIL, "in": ["most_likely"]},
    "likelihood": {"goal": EVIL, "gte": 0.5, "top_percent": 20},
    "users": [EVIL, "plain"],
    "segment": EVIL,
}


def test_every_kind_of_clause_has_a_hostile_example() -> None:
    assert HOSTILE.keys() | {"all", "any", "not"} == set(KINDS)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_in_a_clause_is_bound_and_never_in_the_sql(kind: str) -> None:
    clause = parse({"not": {"any": [{"all": [{kind: HOSTILE[kind]}]}]}})
    saved = {EVIL: parse({"did": HOSTILE["did"]})}
    query = compile_members(clause, AS_OF, event_codes={EVIL: 0}, lookup=saved.get, user_ids=True)
    for word in ("DROP", "x'", "plain", "1.2", EVIL):
        assert word not in query.sql
    listed = (v if isinstance(v, list) else [v] for v in query.params.values())
    bound = [value for values in listed for value in values if isinstance(value, str)]
    assert any(EVIL in value.replace("~1", "/") for value in bound)
    assert not broken_rules(query)
