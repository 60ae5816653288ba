"""Reads a batch of events or traits into what the catalogue keeps of it, in two passes: what kinds
of values there are of every property, then how often each value of those that are worth counting.

Values come in long form, one row per value and how often: subject (event or trait), name (of the
property), kind, text, truth and number (the value in one of them), n. Results are bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import duckdb

from ..lake.manifest import MAX_PROPERTIES
from ..lake.personal import ABOVE_IDS, DAY, E_MAIL, LEAST_ID, PHONE, UUID, is_personal
from .details import MAX_DETAILED, MAX_DETAILED_IN_ALL, MOST_HASHES, Details, Subject
from .property_values import MAX_LENGTH, SPREAD, Values
from .sketches import HASH_BYTES, MAX_DISTINCT, TOP_VALUES, Distinct, TopValues, Users

REPEATED = 4
"""Properties whose texts occur so often on average are taken apart once per text."""

LONG = """(SELECT subject, name, n,
        CASE type WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean'
            WHEN 'ARRAY' THEN 'nested' WHEN 'OBJECT' THEN 'nested' ELSE 'number' END AS kind,
        CASE WHEN type = 'VARCHAR' THEN value ->> '$' END AS text,
        CASE WHEN type = 'BOOLEAN' THEN CAST(value AS VARCHAR) END AS truth,
        CASE WHEN type IN ('VARCHAR', 'BOOLEAN', 'ARRAY', 'OBJECT') THEN NULL
            WHEN isfinite(TRY_CAST(value AS DOUBLE)) THEN TRY_CAST(value AS DOUBLE) END AS number
    FROM (SELECT *, json_type(value) AS type FROM (
        SELECT event AS subject, n, unnest(json_keys(properties)) AS name,
            unnest(json_extract(properties, '$.*')) AS value FROM {texts}))
    WHERE type <> 'NULL')"""
"""DuckDB's names for JSON types become kinds; a null is no value. Two unnest of one row go side by
side. json_each would join every value back to its text, which takes five times as long."""

LONG_TRAITS = """(SELECT property AS subject, property AS name, 1 AS n, kind, text,
        CASE WHEN kind = 'boolean' THEN if(number = 1, 'true', 'false') END AS truth,
        CASE WHEN kind <> 'boolean' THEN number END AS number FROM {table})"""

IDENTIFYING = f"""CASE
        WHEN text IS NULL THEN kind = 'number' AND abs(number) >= {LEAST_ID}
            AND abs(number) < {ABOVE_IDS} AND number = floor(number)
        WHEN instr(text, '@') > 0 THEN regexp_matches(text, '{E_MAIL}')
        WHEN length(text) BETWEEN 32 AND 36 THEN regexp_full_match(text, '{UUID}')
        WHEN length(text) BETWEEN 9 AND 21 AND text < ':' THEN regexp_full_match(text, '{PHONE}')
            AND NOT regexp_full_match(text, '{DAY}')
        ELSE false END"""
"""`lake.personal.identifies` in SQL, and of numbers."""

WITHHELD = f"(identifying OR length(coalesce(text, '')) > {MAX_LENGTH})"

Pair = tuple[str, str]
"""Subject and name."""


@dataclass(frozen=True)
class Learnt:
    """The first pass over a batch: `long` is the SQL of its values, `of_traits` what they are of;
    `found` holds for each (subject, name), most frequent first, the values so far uncounted."""

    long: str
    of_traits: bool
    found: Mapping[Pair, Values]


def learn_events(con: duckdb.DuckDBPyConnection, table: str) -> Learnt:
    """From a table with event (name) and properties (JSON object)."""
    rows, different = con.execute(
        f"SELECT count(*), approx_count_distinct(properties) FROM {table}"
    ).fetchone() or (0, 0)
    texts = f"(SELECT event, properties, 1 AS n FROM {table} WHERE properties <> '{{}}')"
    if different * REPEATED < rows:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE property_texts AS "
            f"SELECT event, properties, count(*) AS n FROM {texts} GROUP BY event, properties"
        )
        texts = "property_texts"
    return _learnt(con, LONG.format(texts=texts), of_traits=False)


def learn_traits(con: duckdb.DuckDBPyConnection, table: str) -> Learnt:
    """From a table with property, kind, text and number."""
    return _learnt(con, LONG_TRAITS.format(table=table), of_traits=True)


def details_of(con: duckdb.DuckDBPyConnection, table: str, learnt: Learnt) -> Details:
    """The second pass: `table` is the one that was learnt from, with uh and day or valid_from."""
    name, day = ("property", "valid_from") if learnt.of_traits else ("event", "day")
    values = _values(con, learnt)
    rows = con.execute(
        f"""SELECT name, min(uh, {MOST_HASHES + 1}), min(first_day), max(last_day) FROM (
            SELECT {name} AS name, uh, min({day}) AS first_day, max({day}) AS last_day
            FROM {table} GROUP BY {name}, uh)
        GROUP BY name ORDER BY count(*) DESC, name"""
    ).fetchall()
    subjects = {
        found: Subject(Users.of(hashes, MOST_HASHES), values.get(found, {}), first, last)
        for found, hashes, first, last in rows
    }
    return Details(traits=subjects) if learnt.of_traits else Details(events=subjects)


def _learnt(con: duckdb.DuckDBPyConnection, long: str, of_traits: bool) -> Learnt:
    rows = con.execute(
        f"""SELECT subject, name, kind, n, identifying, withheld, spread, low, high FROM (
            SELECT *, dense_rank() OVER (PARTITION BY subject ORDER BY total DESC, name) AS place
            FROM (SELECT *, sum(n) OVER (PARTITION BY subject, name) AS total FROM (
                SELECT subject, name, kind, CAST(sum(n) AS BIGINT) AS n,
                    CAST(sum(CASE WHEN identifying THEN n ELSE 0 END) AS BIGINT) AS identifying,
                    CAST(sum(CASE WHEN {WITHHELD} THEN n ELSE 0 END) AS BIGINT) AS withheld,
                    approx_count_distinct(coalesce(text, truth, CAST(number AS VARCHAR))) AS spread,
                    min(CASE WHEN NOT identifying THEN number END) AS low,
                    max(CASE WHEN NOT identifying THEN number END) AS high
                FROM (SELECT *, {IDENTIFYING} AS identifying FROM {long})
                GROUP BY subject, name, kind)))
        WHERE place <= {MAX_PROPERTIES} ORDER BY subject, total DESC, name, kind"""
    ).fetchall()
    found: dict[Pair, Values] = {}
    for subject, name, kind, n, identifying, withheld, spread, low, high in rows:
        one = Values({kind: n}, withheld, identifying, min(spread, n), low=low, high=high)
        known = found.get((subject, name))
        found[subject, name] = one if known is None else known.merged(one)
    return Learnt(long, of_traits, found)


def _values(con: duckdb.DuckDBPyConnection, learnt: Learnt) -> dict[str, dict[str, Values]]:
    """Subject -> name -> its values, of as many as are looked into."""
    chosen: dict[str, dict[str, Values]] = defaultdict(dict)
    few: list[Pair] = []
    room = MAX_DETAILED_IN_ALL
    for (subject, name), values in learnt.found.items():
        if not room or len(chosen[subject]) >= MAX_DETAILED:
            continue
        room -= 1
        if is_personal(name, learnt.of_traits):
            values = Values(values.kinds, personal=True)
        chosen[subject][name] = values = values.settled()
        # An id in nearly every row would cost most to count and tell nothing.
        many = values.spread >= MAX_DISTINCT and values.spread > SPREAD * values.counted
        if not (values.personal or many):
            few.append((subject, name))
    counts = _counts(con, learnt.long, few)
    return {
        subject: {
            name: _counted(values, *counts.get((subject, name), (Distinct(None), TopValues())))
            for name, values in of_subject.items()
        }
        for subject, of_subject in chosen.items()
    }


def _counted(values: Values, distinct: Distinct, top: TopValues) -> Values:
    spread = values.spread if distinct.hashes is None else distinct.count
    return replace(values, distinct=distinct, top=top, spread=spread)


def _counts(
    con: duckdb.DuckDBPyConnection, long: str, wanted: Collection[Pair]
) -> dict[Pair, tuple[Distinct, TopValues]]:
    """How many different values, and the most frequent ones that may be kept."""
    if not wanted:
        return {}
    con.execute("CREATE OR REPLACE TEMP TABLE counted_values (subject VARCHAR, name VARCHAR)")
    con.execute(
        "INSERT INTO counted_values SELECT unnest($1), unnest($2)",
        [[subject for subject, _ in wanted], [name for _, name in wanted]],
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE value_counts AS
        SELECT subject, name, kind, withheld, value, CAST(sum(n) AS BIGINT) AS n FROM (
            SELECT *, coalesce(CASE WHEN withheld THEN md5(text) ELSE text END, truth,
                CAST(number AS VARCHAR)) AS value
            FROM (SELECT *, {WITHHELD} AS withheld
                FROM (SELECT v.*, {IDENTIFYING} AS identifying FROM {long} v
                    JOIN counted_values w ON w.subject = v.subject AND w.name = v.name
                    WHERE v.kind NOT IN ('nested', 'timestamp'))))
        WHERE value IS NOT NULL GROUP BY ALL"""
    )
    hashes = {
        (subject, name): found
        for subject, name, found in con.execute(
            f"""SELECT subject, name, CASE WHEN count(*) < {MAX_DISTINCT} THEN list(
                CAST('0x' || substr(md5(kind || value), 1, {2 * HASH_BYTES}) AS BIGINT)) END
            FROM value_counts GROUP BY subject, name"""
        ).fetchall()
    }
    top: dict[Pair, dict[str, tuple[int, int]]] = {pair: {} for pair in hashes}
    for subject, name, value, n in con.execute(
        f"""SELECT subject, name,
            CASE kind WHEN 'string' THEN CAST(to_json(value) AS VARCHAR) ELSE value END, n
        FROM value_counts WHERE NOT withheld
        QUALIFY row_number() OVER (PARTITION BY subject, name ORDER BY n DESC, kind, value)
            <= {TOP_VALUES} + 1"""
    ).fetchall():
        top[subject, name][value] = (n, 0)
    return {
        pair: (Distinct(None) if found is None else Distinct.of(found), TopValues.of(top[pair]))
        for pair, found in hashes.items()
    }
