"""Keeps the number of parts of a table small, so that a read opens few files.

Every import appends a part. Beyond MAX_PARTS the newest ones are merged, and older ones with them
as long as they are not larger than what was gathered so far: small parts are merged often, large
ones seldom, and a row is rewritten about log(history) times. Events lie in parts by calendar month;
their months stay apart, so their bound is MAX_PARTS besides one part per month, and MAX_MONTHS of
these: beyond, the smallest neighbours become one.

So a read opens, per group, at most MAX_PARTS files of activity, users and profiles each, and of
events MAX_PARTS + MAX_MONTHS; a question about some days opens only parts that touch them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from .calendar import from_day
from .layout import part_key
from .manifest import TABLES, Manifest, Part, replace_run
from .merge import rows_of
from .objects import Bucket
from .writer import copy_sorted

MAX_PARTS = 12
MAX_MONTHS = 120
"""Ten years. More come only of wrong clocks, a few events each."""
LEAST_RUN = 6
"""At least this many parts are merged at once: half of MAX_PARTS, so that it happens seldom."""


def compact(
    con: duckdb.DuckDBPyConnection, manifest: Manifest, objects: Bucket, folder: Path
) -> Manifest:
    """The manifest with few enough parts; merged parts are written, old ones stay for old readers.

    `folder` caches the files read. The version stays: the result replaces `manifest` before it is
    committed.
    """
    for table in TABLES:
        while run := run_to_merge(manifest.of(table)):
            manifest = replace_run(manifest, run, _merge(con, run, manifest, objects, folder))
    return manifest


def run_to_merge(parts: Sequence[Part]) -> list[Part]:
    """The parts of one table to merge next, oldest first; none when they are few enough."""
    if not parts:
        return []
    if parts[0].table != "events":
        return _run(parts) if len(parts) > MAX_PARTS else []
    months: dict[tuple[int, int], list[Part]] = {}
    for part in parts:
        first = from_day(part.from_day or 0)
        months.setdefault((first.year, first.month), []).append(part)
    if len(months) > MAX_MONTHS:
        return _smallest_neighbours(parts, months)
    if len(parts) <= len(months) + MAX_PARTS:
        return []
    fullest = max(months, key=lambda month: (len(months[month]), month))
    # Rows of events have no order among parts, so a month's parts need not be neighbours.
    return _run(months[fullest])


def _smallest_neighbours(
    parts: Sequence[Part], months: Mapping[tuple[int, int], Sequence[Part]]
) -> list[Part]:
    def size(month: tuple[int, int]) -> int:
        return sum(part.bytes for part in months[month])

    pair = min(pairwise(sorted(months)), key=lambda two: (size(two[0]) + size(two[1]), two))
    return [part for part in parts if part in months[pair[0]] or part in months[pair[1]]]


def _run(parts: Sequence[Part]) -> list[Part]:
    run = [parts[-1]]
    gathered = parts[-1].bytes
    for part in reversed(parts[:-1]):
        if len(run) >= LEAST_RUN and part.bytes > gathered:
            break
        run.insert(0, part)
        gathered += part.bytes
    return run if len(run) > 1 else []


def _merge(
    con: duckdb.DuckDBPyConnection,
    run: list[Part],
    manifest: Manifest,
    objects: Bucket,
    folder: Path,
) -> Part:
    table = run[0].table
    # With the version: what was written onto an older state is never written again (sweep.py).
    state = f"{manifest.version}:" + "+".join(part.gen for part in run)
    gen = "m" + hashlib.sha256(state.encode()).hexdigest()[:15]
    days = [d for part in run for d in (part.from_day, part.to_day) if d is not None]
    merged = Part(
        table, gen, min(days, default=None), max(days, default=None), rows=0, bytes=0, groups=()
    )
    merged = replace(merged, erased=min(part.erased for part in run))
    if all(part.events is not None for part in run):
        codes = {code for part in run for code in part.events or ()}
        merged = replace(merged, events=tuple(sorted(codes)))
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        for group in range(manifest.groups):
            # Group by group: memory and disk hold one group of the run at a time.
            keys = [part.keys([group]) for part in run]
            flat = [key for part in keys for key in part]
            if not flat:
                continue
            local = dict(zip(flat, objects.fetch(flat, folder), strict=True))
            path = Path(scratch) / f"g={group:04d}.parquet"
            rows = copy_sorted(
                con, rows_of(table, [[local[key] for key in part] for part in keys]), table, path
            )
            objects.upload({part_key(table, gen, group): path})
            merged = replace(
                merged,
                rows=merged.rows + rows,
                bytes=merged.bytes + path.stat().st_size,
                groups=(*merged.groups, group),
            )
            path.unlink()
    return merged
