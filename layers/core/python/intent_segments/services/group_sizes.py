"""How many members of one group of users each saved segment has: a part of a night's shard job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from ..errors import IntentError
from ..goals.plan import Plan
from ..lake.tables import Tables
from ..segments.definition import Definition, parse
from ..segments.limits import MAX_SECONDS
from ..segments.time_limit import TimeLimit
from ..segments.together import sizes
from ..store.stores import Stores
from .night_sizes import NightSizes
from .standings import load_scores

AT_ONCE = 8
"""Definitions that one query answers, with one pass over the tables."""

SECONDS = 240
"""Of one group, all segments together: a shard job has 900, and goals come first."""


def definitions_of(wanted: NightSizes) -> list[Definition]:
    """What the tables of a group have to be opened for."""
    return [parse(segment["definition"]) for segment in wanted.segments]


def group_sizes(
    stores: Stores, plan: Plan, wanted: NightSizes, tables: Tables, group: int, folder: Path
) -> dict[str, dict[str, Any]]:
    """{"sizes": members by segment id, "uncounted": why not, by segment id} at the end of the
    night's day. `tables` are those of the group. Never raises for a segment that is at fault."""
    load_scores(stores, tables, wanted.scores, plan.date, group, folder)
    definitions = definitions_of(wanted)
    names = [segment["id"] for segment in wanted.segments]
    counted: dict[str, Any] = {}
    uncounted: dict[str, Any] = {}
    end = perf_counter() + SECONDS
    for start in range(0, len(names), AT_ONCE):
        some = dict(zip(names[start : start + AT_ONCE], definitions[start:], strict=False))
        try:
            counted |= _counted(tables, some, plan.date, end)
        except (IntentError, duckdb.Error):
            for name, definition in some.items():
                try:
                    counted |= _counted(tables, {name: definition}, plan.date, end)
                except (IntentError, duckdb.Error) as fault:
                    uncounted[name] = _words(fault)
    return {"sizes": counted, "uncounted": uncounted}


def _counted(
    tables: Tables, some: Mapping[str, Definition], day: date, end: float
) -> dict[str, int]:
    seconds = min(MAX_SECONDS, max(end - perf_counter(), 0.0))
    asked: Sequence[tuple[Definition, date]] = [(one, day) for one in some.values()]
    with TimeLimit(seconds) as limit:
        limit.watch(tables)
        return dict(zip(some, sizes(tables, asked), strict=True))


def _words(fault: Exception) -> str:
    """Messages of DuckDB may carry values; ours are written for the owner to read."""
    return fault.message if isinstance(fault, IntentError) else type(fault).__name__
