"""What erased users contributed to the catalogue, as counts, and the catalogue without it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from typing import Any

import duckdb

from ..lake.manifest import EventEntry
from .details import Details, Subject
from .learning import LONG, LONG_TRAITS, learn_events, learn_traits
from .property_values import Values
from .sketches import HASH_BYTES, Distinct, TopValues

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Forgotten:
    """Of one property or trait: values by kind, those withheld or identifying among them, and how
    often each value occurred (JSON text) that the catalogue keeps."""

    kinds: Counts = field(default_factory=dict)
    withheld: int = 0
    identifying: int = 0
    top: Counts = field(default_factory=dict)

    def plus(self, other: Forgotten) -> Forgotten:
        return Forgotten(
            added(self.kinds, other.kinds),
            self.withheld + other.withheld,
            self.identifying + other.identifying,
            added(self.top, other.top),
        )


Properties = Mapping[str, Mapping[str, Forgotten]]
"""Subject (event or trait) -> property -> what goes."""


def added(one: Counts, other: Counts) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def together(one: Properties, other: Properties) -> dict[str, dict[str, Forgotten]]:
    """Both."""
    whole = {subject: dict(properties) for subject, properties in one.items()}
    for subject, properties in other.items():
        mine = whole.setdefault(subject, {})
        for name, more in properties.items():
            mine[name] = mine[name].plus(more) if name in mine else more
    return whole


def forgotten_events(
    con: duckdb.DuckDBPyConnection, table: str, details: Details
) -> dict[str, dict[str, Forgotten]]:
    """From a table of the erased users' events: event (name), properties (JSON object)."""
    long = LONG.format(
        texts=f"(SELECT event, properties, 1 AS n FROM {table} WHERE properties <> '{{}}')"
    )
    return _forgotten(con, long, learn_events(con, table).found, details.events)


def forgotten_traits(
    con: duckdb.DuckDBPyConnection, table: str, details: Details
) -> dict[str, dict[str, Forgotten]]:
    """From a table of their traits: property, kind, text, number."""
    long = LONG_TRAITS.format(table=table)
    return _forgotten(con, long, learn_traits(con, table).found, details.traits)


def _forgotten(
    con: duckdb.DuckDBPyConnection,
    long: str,
    found: Mapping[tuple[str, str], Values],
    known: Mapping[str, Subject],
) -> dict[str, dict[str, Forgotten]]:
    whole: dict[str, dict[str, Forgotten]] = {}
    for (subject, name), values in found.items():
        whole.setdefault(subject, {})[name] = Forgotten(
            dict(values.kinds), values.withheld, values.identifying
        )
    rows = con.execute(
        f"""SELECT subject, name, CASE kind WHEN 'string' THEN CAST(to_json(text) AS VARCHAR)
            ELSE coalesce(truth, CAST(number AS VARCHAR)) END AS value, CAST(sum(n) AS BIGINT)
        FROM {long} WHERE kind NOT IN ('nested', 'timestamp') GROUP BY ALL"""
    ).fetchall()
    for subject, name, value, n in rows:
        kept = known[subject].values.get(name) if subject in known else None
        if kept is not None and value in kept.top.counts and name in whole.get(subject, {}):
            mine = whole[subject][name]
            whole[subject][name] = replace(mine, top=added(mine.top, {value: n}))
    return whole


def details_without(
    details: Details, hashes: Collection[int], events: Properties, traits: Properties
) -> Details:
    """The catalogue's details without these users and what they contributed."""
    return replace(
        details,
        events=_subjects(details.events, hashes, events),
        traits=_subjects(details.traits, hashes, traits),
    )


def entries_without(
    catalogue: Mapping[str, EventEntry], counts: Counts, gone: Properties
) -> dict[str, EventEntry]:
    """The manifest's catalogue without so many events by name, and their properties. An event that
    only these users ever did is in it no more."""
    left = {}
    for name, entry in catalogue.items():
        count = entry.count - counts.get(name, 0)
        if count <= 0:
            continue
        properties = {
            key: kinds
            for key, all_kinds in entry.properties.items()
            if (kinds := _less(all_kinds, gone.get(name, {}).get(key, Forgotten()).kinds))
        }
        left[name] = replace(entry, count=count, properties=properties)
    return left


def _subjects(
    subjects: Mapping[str, Subject], hashes: Collection[int], gone: Properties
) -> dict[str, Subject]:
    left = {}
    for name, subject in subjects.items():
        users = subject.users.without(hashes)
        if subject.since_start and not users.lowest and subject.users.lowest:
            continue  # nobody else ever had it
        values = {
            key: found if less is None else _values(found, less)
            for key, found in subject.values.items()
            for less in [gone.get(name, {}).get(key)]
        }
        left[name] = replace(subject, users=users, values=values)
    return left


def _values(found: Values, gone: Forgotten) -> Values:
    """Counts less what went. A value goes unless it is proven that somebody else has it; the range
    stays, since whose the ends of it are is not known."""
    top, hashes = dict(found.top.counts), found.distinct.hashes
    for value, n in gone.top.items():
        count, error = top[value]
        if count - error - n > 0:
            top[value] = (count - n, error)
            continue
        del top[value]
        if error == 0 and hashes is not None:
            hashes = hashes - {_hash(value)}
    return replace(
        found,
        kinds=_less(found.kinds, gone.kinds),
        withheld=max(0, found.withheld - gone.withheld),
        identifying=max(0, found.identifying - gone.identifying),
        top=TopValues.of(top, found.top.dropped),
        distinct=Distinct(hashes),
    )


def _less(all_of: Counts, gone: Counts) -> dict[str, int]:
    return {kind: n - gone.get(kind, 0) for kind, n in all_of.items() if n > gone.get(kind, 0)}


def _hash(value: str) -> int:
    """The hash by which `learning.py` counts a value as distinct, from its JSON text."""
    if value.startswith('"'):
        kind, text = "string", str(json.loads(value))
    else:
        kind, text = ("boolean" if value in ("true", "false") else "number"), value
    digest = md5(f"{kind}{text}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[: 2 * HASH_BYTES], 16)


def to_json(gone: Properties) -> dict[str, dict[str, Any]]:
    """Plain JSON."""
    return {
        subject: {name: vars(forgotten) for name, forgotten in properties.items()}
        for subject, properties in gone.items()
    }


def from_json(document: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Forgotten]]:
    """The inverse of `to_json`."""
    return {
        subject: {name: Forgotten(**entry) for name, entry in properties.items()}
        for subject, properties in document.items()
    }
