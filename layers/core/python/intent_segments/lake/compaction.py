"""Keeps the number of parts of a table small, so that a read opens few files.

Every import appends a part. Beyond MAX_PARTS the newest ones are merged, and older ones with them
as long as they are not larger than what was gathered so far: small parts are merged often, large
ones seldom, and a row is rewritten about log(history) times. Events lie in parts by calendar month;
their months stay apart, so their bound is MAX_PARTS besides one part per month.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
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
    if len(parts) <= len(months) + MAX_PARTS:
        return []
    fullest = max(months, key=lambda month: (len(months[month]), month))
    # Rows of events have no order among parts, so a month's parts need not be neighbours.
    return _run(months[fullest])


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
    gen = "m" + hashlib.sha256("+".join(part.gen for part in run).encode()).hexdigest()[:15]
    days = [d for part in run for d in (part.from_day, part.to_day) if d is not None]
    merged = Part(
        table, gen, min(days, default=None), max(days, default=None), rows=0, bytes=0, groups=()
    )
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
