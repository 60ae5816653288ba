"""Removes what no recent state of the lake refers to: parts that compaction replaced, parts of
imports that never committed, and the documents beside them.

Kept is whatever stands in the current manifest, in one that was current within the last 7 days, or
in one that somebody froze. Nothing else can still be wanted, or be written again: the generation of
a part is a hash of the version that it was written onto, and only what is older than the current
manifest is removed. So a sweep can run beside imports, twice, or be killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from .manifest import TABLES, Manifest, read_manifest
from .objects import PARALLEL, Bucket

KEPT = timedelta(days=7)
"""How long a replaced part stays: longer than any run, so that who began on it finishes on it. The
bucket keeps deleted objects for another 7 days (template.yaml)."""
COMMIT = timedelta(hours=1)
"""More than the time between writing a manifest and making it current: an import has 15 minutes."""
MANIFESTS = "manifests/"
DETAILS = "catalogue/"
"""Where `events/details.py` writes; a manifest names the documents it goes with."""


@dataclass(frozen=True)
class Swept:
    """How many objects were removed, and why not all of them were, if so."""

    removed: int
    problem: str | None = None


def sweep(
    objects: Bucket,
    current: str,
    frozen: Iterable[str],
    now: datetime,
    first: int | None = None,
) -> Swept:
    """Remove what nobody needs. `current` is the key of the current manifest, `frozen` are keys of
    older ones to keep whole; `now` is a UTC instant. `first` is the first version that the caller
    committed, where it was not the current one alone.

    Does nothing when there was an import before the caller's on this day (UTC) already, so that
    many small imports cost one sweep.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        manifests = objects.written(MANIFESTS)
        if _done_today(manifests, version_of(current) if first is None else first, now):
            return Swept(0)
        unused = _unused(objects, manifests, current, set(frozen), now)
        objects.delete(unused)
    except (ClientError, BotoCoreError, RuntimeError) as error:
        # The import that calls is committed; what remains is removed by the next one.
        return Swept(0, f"Files that nobody needs any more could not be removed: {error}")
    return Swept(len(unused))


def _done_today(manifests: dict[str, datetime], version: int, now: datetime) -> bool:
    return any(
        at.date() == now.date() and version_of(key) < version for key, at in manifests.items()
    )


def _unused(
    objects: Bucket,
    manifests: dict[str, datetime],
    current: str,
    frozen: set[str],
    now: datetime,
) -> list[str]:
    since = min(now - KEPT - COMMIT, manifests[current])
    found = {
        key: at
        for folder in (*(f"{table}/" for table in TABLES), DETAILS)
        for key, at in objects.written(folder).items()
    }
    candidates = {key for key, at in found.items() if at < since} - _held(
        [read_manifest(objects, current)], found
    )
    if not candidates:
        return []
    recent = {key for key, at in manifests.items() if at >= since} | {current}
    # The state of 7 days ago is what the first import since was based on: one version below.
    base = min(map(version_of, recent)) - 1
    kept = recent | (frozen & manifests.keys())
    kept |= {key for key in manifests if version_of(key) == base}
    with ThreadPoolExecutor(PARALLEL) as pool:
        states = list(pool.map(lambda key: read_manifest(objects, key), sorted(kept)))
    return sorted(candidates - _held(states, found))


def _held(states: Iterable[Manifest], keys: Iterable[str]) -> set[str]:
    """Those of the keys that lie in a part, or in the documents, of one of the states."""
    prefixes = set()
    for state in states:
        prefixes |= {(part.table, gen) for part in state.parts for gen in part.gens}
        if state.details is not None:
            folder, _, name = state.details.rpartition("/")
            prefixes.add((folder, name))
    return {key for key in keys if tuple(key.split("/")[:2]) in prefixes}


def version_of(key: str) -> int:
    """The version in the key of a manifest, `manifests/<version>-<hash>.json`."""
    return int(key.removeprefix(MANIFESTS).split("-")[0])
