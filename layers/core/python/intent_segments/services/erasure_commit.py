"""The lake without the users of an erasure run: parts with the files that were written anew, counts
and catalogue without what went, committed as imports are, on the condition that nobody else has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..errors import NotFound, Raced
from ..events.details import Details
from ..events.forgetting import (
    Forgotten,
    added,
    details_without,
    entries_without,
    from_json,
    together,
)
from ..goals.goal import Status
from ..lake import versions as lake_versions
from ..lake.layout import group_of, slot_of
from ..lake.manifest import Manifest, Part, read_manifest, write_manifest
from ..lake.objects import Bucket
from ..lake.sweep import COMMIT, DETAILS, KEPT, MANIFESTS
from ..lake.versions import Version
from .erasure_plan import Found
from .erasure_scan import Eraser, without

ATTEMPTS = 8
"""As imports have: each loss means that one of them won."""
LATE = "late"
"""The job that finds what was imported while the run was at work."""


def commit(eraser: Eraser, found: Found) -> None:
    """Make the state without the users current, unless it is. Parts that came in since the run was
    planned are looked into here. Raises Raced when imports won ATTEMPTS times."""
    stores, plan = eraser.stores, eraser.plan
    for _ in range(ATTEMPTS):
        head = stores.head.read()
        if head.manifest_key is None:
            return
        manifest = read_manifest(stores.objects, head.manifest_key)
        if all(part.erased >= plan.version for part in manifest.parts):
            return
        _look_into_the_rest(eraser, found, manifest)
        left = _without(eraser, found, manifest)
        try:
            stores.head.commit(head.version, write_manifest(stores.objects, left), None)
        except Raced:
            continue
        return
    raise Raced("Imports commit one after the other while users are erased; start the run again.")


def rewrite_older_states(eraser: Eraser, found: Found, now: datetime) -> None:
    """Have the states of the lake that somebody may still read name the new files: those of the
    last days, and those that a goal waits on. They keep their keys."""
    stores = eraser.stores
    since = now - KEPT - COMMIT
    keys = {key for key, at in stores.objects.written(MANIFESTS).items() if at >= since}
    waiting = [goal for goal in stores.goals.at_work() if goal.status == Status.PREPARING]
    keys |= {goal.manifest_key for goal in waiting if goal.manifest_key is not None}
    current = stores.head.read().manifest_key
    if current is not None:
        keys.add(current)
    for key in sorted(keys):
        try:
            manifest = read_manifest(stores.objects, key)
        except NotFound:
            continue
        left = replace(manifest, parts=_parts(eraser, found, manifest))
        if left != manifest:
            stores.objects.put_json(key, left.to_json())


def remove_old_files(eraser: Eraser, found: Found) -> None:
    """Delete all versions of the files of the lake that were written anew, and of the catalogue's
    documents that are no longer current: they have hashes and values of the users."""
    bucket = eraser.stores.objects
    gone: list[Version] = []
    for key, entry in found.counts():
        if entry["rows"] and key.split("/")[0] in ("events", "activity", "users", "profiles"):
            gone += [v for v in lake_versions.versions(bucket, key) if v.key == key]
    head = eraser.stores.head.read()
    if head.manifest_key is not None:
        current = read_manifest(bucket, head.manifest_key).details
        gone += [
            version
            for version in lake_versions.versions(bucket, DETAILS)
            if current is None or not version.key.startswith(f"{current}/") or not version.latest
        ]
    lake_versions.remove(bucket, gone)


def _look_into_the_rest(eraser: Eraser, found: Found, manifest: Manifest) -> None:
    """Scan the files of the users' groups that no job has seen: parts that were being written when
    the run was planned, or merged of older ones since."""
    groups = sorted({group_of(uh, manifest.groups) for uh in eraser.hashes})
    keys = {
        key
        for part in manifest.parts
        if part.erased < eraser.plan.version
        for key in part.keys(groups)
    } - found.seen
    if not keys:
        return
    bucket = eraser.stores.objects
    late = eraser.scan({key: lake_versions.versions(bucket, key) for key in sorted(keys)})
    eraser.stores.objects.put_json(eraser.plan.found_key(LATE), late.to_json())
    eraser.take_out(late)
    found.add(late)


def _without(eraser: Eraser, found: Found, manifest: Manifest) -> Manifest:
    """The next state: `manifest` without the users and what they contributed to its counts."""
    groups = range(manifest.groups)
    held = [key for part in manifest.parts for key in part.keys(groups) if key in found.files]
    entries = {key: found.files[key] for key in held if found.files[key]["rows"]}
    events: dict[str, int] = {}
    days: dict[int, int] = {}
    seen: dict[str, dict[str, Forgotten]] = {}
    traits: dict[str, dict[str, Forgotten]] = {}
    known: set[int] = set()
    for key, entry in entries.items():
        table = key.split("/")[0]
        if table == "users":
            known |= found.rows(key).keys()
        elif table == "profiles":
            traits = together(traits, from_json(entry["values"]))
        elif table == "events":
            events = added(events, entry["events"])
            for day, n in entry["days"].items():
                days[int(day)] = days.get(int(day), 0) + n
            seen = together(seen, from_json(entry["values"]))
    slots = list(manifest.users_per_slot)
    for uh, position in eraser.hashes.items():
        if position in known:
            slots[slot_of(uh)] -= 1
    catalogue = entries_without(manifest.catalogue, events, seen)
    return replace(
        manifest,
        version=manifest.version + 1,
        users_per_slot=tuple(slots),
        catalogue=catalogue,
        events=sum(entry.count for entry in catalogue.values()),
        events_per_day={
            day: left
            for day, n in manifest.events_per_day.items()
            if (left := n - days.get(day, 0)) > 0
        },
        details=_details(eraser, manifest, seen, traits),
        parts=tuple(
            replace(part, erased=max(part.erased, eraser.plan.version))
            for part in _parts(eraser, found, manifest)
        ),
    )


def _details(
    eraser: Eraser,
    manifest: Manifest,
    events: Mapping[str, Mapping[str, Forgotten]],
    traits: Mapping[str, Mapping[str, Forgotten]],
) -> str | None:
    if manifest.details is None:
        return None
    bucket = eraser.stores.objects
    details = Details.read(bucket, manifest.details)
    return details_without(details, eraser.hashes, events, traits).write(bucket)


def _parts(eraser: Eraser, found: Found, manifest: Manifest) -> tuple[Part, ...]:
    """The parts of a state with the files that were written anew in the place of the old ones."""
    parts = []
    for part in manifest.parts:
        left = _part(eraser, found, part)
        if left.groups:
            parts.append(left)
    return tuple(parts)


def _part(eraser: Eraser, found: Found, part: Part) -> Part:
    version = eraser.plan.version
    anew: list[int] = []
    groups = list(part.groups)
    rows, size = part.rows, part.bytes
    for group in part.groups:
        [key] = part.keys([group])
        entry = found.files.get(key)
        if entry is None or not entry["rows"]:
            continue
        gone = sum(entry["rows"].values())
        rows -= gone
        size += _grown(eraser.stores.objects, key, without(key, version))
        if gone == entry["total"]:
            groups.remove(group)
        else:
            anew.append(group)
    if rows == part.rows:
        return part
    rewritten = (*part.rewritten, (version, tuple(anew))) if anew else part.rewritten
    return replace(part, rows=rows, bytes=size, groups=tuple(groups), rewritten=rewritten)


def _grown(bucket: Bucket, old: str, new: str) -> int:
    """By how many bytes a file grew; by none where the old one is gone already."""
    before = bucket.size(old)
    return 0 if before is None else (bucket.size(new) or 0) - before
