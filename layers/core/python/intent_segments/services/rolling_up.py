"""The roll-up: calls that have landed become events and traits of the lake.

Files are removed when what they hold is in the lake, so a roll-up that is killed anywhere is simply
done again: the lake recognises a call by its user and messageId (docs/events.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ..errors import InvalidFile
from ..events.files import Kind
from ..events.importer import Options
from ..events.landed_calls import Prepared, prepare, read_rows
from ..events.limits import ENGINE_DISK, ENGINE_MEMORY
from ..lake.manifest import read_manifest
from ..lake.merge import rows_of
from ..lake.tables import connect
from ..store.stores import Stores
from .importing import ImportRequest, import_local
from .landing import FOLDER
from .planning import last_closed_day

MOST_BYTES = 128 << 20
"""Of gzip that is rolled up at once: some 4 million calls, what an import works on in one piece."""
MOST_FILES = 2_000
PORTION_SECONDS = 300
"""More than a portion takes: 16 million rows were imported in 163 seconds."""


@dataclass(frozen=True)
class _Work:
    stores: Stores
    now: datetime
    folder: Path


def roll_up(
    stores: Stores, now: datetime, folder: Path, enough_time: Callable[[], bool]
) -> dict[str, Any]:
    """Import what lies under `calls/`, oldest first, until nothing is left or there is no
    `enough_time()` for another portion. `now` is a UTC instant, `folder` a cache.

    Returns {"kind": "calls", "files", "rows_read", "added", "duplicates", "set_aside", "left",
    "unreadable"}, and "first_version", "version" and "watermark" where something was imported;
    `unreadable` files lie under `rejected/` now. Raises as `import_landed` does; what was imported
    before stays.
    """
    work = _Work(stores, now, folder)
    folder.mkdir(parents=True, exist_ok=True)
    total: dict[str, Any] = {"kind": "calls", "files": 0, "rows_read": 0, "added": 0}
    total |= {"duplicates": 0, "set_aside": {}, "unreadable": [], "left": 0}
    while waiting := stores.objects.sizes(FOLDER):
        with TemporaryDirectory(dir=folder) as scratch:
            done = _portion(work, waiting, Path(scratch), total)
        stores.objects.delete(done)
        total["files"] += len(done)
        total["left"] = len(waiting) - len(done)
        if not total["left"] or not enough_time():
            break
    return total


def _portion(
    work: _Work, waiting: Mapping[str, int], scratch: Path, total: dict[str, Any]
) -> list[str]:
    """Import the first of the `waiting` files, key -> bytes; returns which."""
    files = _fetched(work, waiting, scratch)
    con = connect(scratch)
    con.execute(f"SET memory_limit = '{ENGINE_MEMORY}'")
    con.execute(f"SET max_temp_directory_size = '{ENGINE_DISK}'")
    try:
        readable = _read(work, con, files, total)
        prepared = _prepared(work, con, scratch) if readable else None
    finally:
        con.close()
    if prepared is not None:
        total["rows_read"] += prepared.rows
        imports: tuple[tuple[Kind, Path | None], ...] = (
            ("events", prepared.events),
            ("profiles", prepared.profiles),
        )
        for kind, path in imports:
            if path is not None:
                _add(total, _imported(work, path, kind, min(files)))
    return list(files)


def _fetched(work: _Work, waiting: Mapping[str, int], scratch: Path) -> dict[str, Path]:
    """The first files, up to MOST_FILES of them and MOST_BYTES, one at least."""
    files: dict[str, Path] = {}
    size = 0
    for number, (key, length) in enumerate(waiting.items()):
        if files and (size + length > MOST_BYTES or number == MOST_FILES):
            break
        files[key] = scratch / f"{number:05d}.jsonl.gz"
        size += length
    work.stores.objects.download_all(files)
    return files


def _read(
    work: _Work, con: duckdb.DuckDBPyConnection, files: dict[str, Path], total: dict[str, Any]
) -> bool:
    """Read the files into `rows`, those apart that cannot be read; whether any can."""
    try:
        read_rows(con, list(files.values()))
        return True
    except InvalidFile:
        readable = []
        for key, path in files.items():
            try:
                read_rows(con, [path])
                readable.append(path)
            except InvalidFile:
                work.stores.objects.upload({f"rejected/{key}": path})
                total["unreadable"].append(f"rejected/{key}")
    if readable:
        read_rows(con, readable)
    return bool(readable)


def _prepared(work: _Work, con: duckdb.DuckDBPyConnection, scratch: Path) -> Prepared:
    """With the links that are in the lake already; an import that comes between tells none of the
    users of this one anything that this one would have to know."""
    objects, head = work.stores.objects, work.stores.head.read()
    parts: list[list[Path]] = []
    if head.manifest_key is not None:
        manifest = read_manifest(objects, head.manifest_key)
        groups = range(manifest.groups)
        parts = [objects.fetch(p.keys(groups), work.folder) for p in manifest.of("profiles")]
    return prepare(con, rows_of("profiles", parts), work.stores.settings.timezone, scratch)


def _imported(work: _Work, path: Path, kind: Kind, first: str) -> dict[str, Any]:
    """Import and commit one file. Only days that are over are closed."""
    settings = work.stores.settings
    closed = last_closed_day(work.now, settings.timezone)
    name = first.removesuffix(".jsonl.gz")
    request = ImportRequest(f"landing/{name}-{kind}", kind, Options(), not_after=closed)
    return import_local(
        path,
        request,
        work.stores.head,
        work.stores.objects,
        settings.groups,
        settings.timezone,
        work.folder,
    )


def _add(total: dict[str, Any], report: dict[str, Any]) -> None:
    if report["kind"] == "events":
        total["added"] += report["added"]
        total["duplicates"] += report["duplicates"]
    for reason, aside in report["set_aside"].items():
        known = total["set_aside"].get(reason, {"count": 0, "example": aside["example"]})
        total["set_aside"][reason] = known | {"count": known["count"] + aside["count"]}
    total.setdefault("first_version", report["version"])
    total |= {"version": report["version"], "watermark": report["watermark"]}
