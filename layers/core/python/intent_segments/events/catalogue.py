"""What a batch of canonical rows teaches about events and traits, added to what is known."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from ..lake.manifest import EventEntry, Manifest
from ..lake.objects import Bucket
from .details import Details
from .learning import Learnt, details_of


def catalogue_of(
    con: duckdb.DuckDBPyConnection, table: str, learnt: Learnt
) -> dict[str, EventEntry]:
    """Event name -> entry, from a table with event (name) and day, and what was learnt from it."""
    rows = con.execute(
        f"SELECT event, count(*), min(day), max(day) FROM {table} GROUP BY event ORDER BY event"
    ).fetchall()
    properties: dict[str, dict[str, dict[str, int]]] = {row[0]: {} for row in rows}
    for (event, name), values in learnt.found.items():
        properties[event][name] = dict(values.kinds)
    return {
        event: EventEntry(count, first, last, dict(sorted(properties[event].items())))
        for event, count, first, last in rows
    }


def with_details(
    con: duckdb.DuckDBPyConnection,
    table: str,
    learnt: Learnt,
    manifest: Manifest,
    before: Manifest,
    bucket: Bucket,
) -> Manifest:
    """`manifest` with the users and values of a batch counted; writes two small documents.

    `before` is the state that the batch is added to. `table` is what was learnt from: it has uh,
    and event and day or property and valid_from.
    """
    batch = details_of(con, table, learnt)
    known = (
        Details.uncounted(before)
        if before.details is None
        else Details.read(bucket, before.details)
    )
    return replace(manifest, details=known.merged(batch).write(bucket))
