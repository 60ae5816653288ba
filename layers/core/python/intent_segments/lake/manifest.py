"""The table of contents of the lake at one version: which parts make up which table.

A manifest is immutable JSON; HEAD (store/lake_head.py) names the current one. Its key carries a
hash of its content, so two writers that race for one version never overwrite each other, and the
loser's manifest is simply never named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import CorruptObject
from .layout import SLOTS, part_key
from .objects import Bucket

TABLES = ("events", "activity", "users", "profiles")
PANEL_USERS = 200_000
"""The least size of the panel (DESIGN): a share of 1 % is then known to +-0.04 points."""
MAX_PROPERTIES = 1_000
"""Properties per event that the catalogue keeps; further ones are data but not listed."""


@dataclass(frozen=True)
class Part:
    """One immutable set of Parquet files of one table, one file per group in `groups`.

    `from_day`..`to_day` are local days that its rows lie in (both included), None where the rows
    have no day; `bytes` is the size of all files. `events` are the codes of the single events in
    it, None for other tables and for parts written before this was kept.

    `erased` is the version of the list of erased users whose users are in none of its files.
    `rewritten` has, by the version of the list that an erasure was for, ascending, the groups whose
    files that erasure wrote anew, under a generation of their own.
    """

    table: str
    gen: str
    from_day: int | None
    to_day: int | None
    rows: int
    bytes: int
    groups: tuple[int, ...]
    events: tuple[int, ...] | None = None
    erased: int = 0
    rewritten: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def keys(self, groups: Iterable[int]) -> list[str]:
        """S3 keys of the files of these groups; a group without rows has no file."""
        held = set(self.groups)
        gens = {g: rewritten_gen(self.gen, v) for v, anew in self.rewritten for g in anew}
        return [part_key(self.table, gens.get(g, self.gen), g) for g in groups if g in held]

    @property
    def gens(self) -> tuple[str, ...]:
        """The generations that its files lie under."""
        return (self.gen, *(rewritten_gen(self.gen, version) for version, _ in self.rewritten))

    def overlaps(self, days: tuple[int, int] | None) -> bool:
        """Whether a row of the part can lie in the days `(first, last)`, both included."""
        if days is None or self.from_day is None or self.to_day is None:
            return True
        return self.from_day <= days[1] and self.to_day >= days[0]

    def holds(self, codes: AbstractSet[int]) -> bool:
        """Whether a row of the part can be of one of these events."""
        return self.events is None or not codes.isdisjoint(self.events)


def rewritten_gen(gen: str, version: int) -> str:
    """The generation of the files of a part that the erasure for a version of the list wrote."""
    return f"{gen}-e{version}"


@dataclass(frozen=True)
class EventEntry:
    """What is known of one event: `properties` counts the kinds of value by property name."""

    count: int
    first_day: int
    last_day: int
    properties: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """One state of the lake. `parts` are in the order of writing, oldest first.

    An event's code is its position in `event_names`, which only ever grows. `users_per_slot` counts
    users by the top 12 bits of their hash, in ascending order of the hash. `details` is the prefix
    of the documents that say more of events and traits (events/details.py), None in a lake from
    before there were any. `events_per_day` counts events by local day, days with any alone; empty
    in a lake from before it was kept.
    """

    version: int
    groups: int
    timezone: str
    event_names: tuple[str, ...] = ()
    users_per_slot: tuple[int, ...] = (0,) * SLOTS
    events: int = 0
    first_day: int | None = None
    last_day: int | None = None
    catalogue: Mapping[str, EventEntry] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    details: str | None = None
    events_per_day: Mapping[int, int] = field(default_factory=dict)

    @property
    def users(self) -> int:
        """Users in the lake, those with a profile alone included."""
        return sum(self.users_per_slot)

    def of(self, table: str) -> tuple[Part, ...]:
        """The parts of one table, oldest first."""
        return tuple(part for part in self.parts if part.table == table)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, days as integers since 1970-01-01."""
        return {
            "version": self.version,
            "groups": self.groups,
            "timezone": self.timezone,
            "event_names": list(self.event_names),
            "users_per_slot": list(self.users_per_slot),
            "users": self.users,
            "events": self.events,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "catalogue": {
                name: {
                    "count": entry.count,
                    "first_day": entry.first_day,
                    "last_day": entry.last_day,
                    "properties": {
                        key: {"kinds": dict(kinds)} for key, kinds in entry.properties.items()
                    },
                }
                for name, entry in self.catalogue.items()
            },
            "parts": [_part_json(part) for part in self.parts],
            "details": self.details,
            "events_per_day": [[day, count] for day, count in self.events_per_day.items()],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """The inverse of `to_json`. Raises CorruptObject for anything else."""
        try:
            return cls(
                version=document["version"],
                groups=document["groups"],
                timezone=document["timezone"],
                event_names=tuple(document["event_names"]),
                users_per_slot=tuple(document["users_per_slot"]),
                events=document["events"],
                first_day=document["first_day"],
                last_day=document["last_day"],
                catalogue={
                    name: EventEntry(
                        entry["count"],
                        entry["first_day"],
                        entry["last_day"],
                        {key: value["kinds"] for key, value in entry["properties"].items()},
                    )
                    for name, entry in document["catalogue"].items()
                },
                parts=tuple(_part(part) for part in document["parts"]),
                details=document.get("details"),
                events_per_day=dict(document.get("events_per_day", ())),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise CorruptObject(
                f"A lake manifest has not the expected shape ({error!r}): it was damaged, or "
                "written by another version; restore it from the bucket's versions."
            ) from error


def add_part(manifest: Manifest, part: Part) -> Manifest:
    """The manifest with one more part, the newest of its table."""
    return replace(manifest, parts=(*manifest.parts, part))


def replace_run(manifest: Manifest, old: Sequence[Part], new: Part) -> Manifest:
    """The manifest with `new` in the place of the first of the parts `old`, the others gone."""
    gone = {(part.table, part.gen) for part in old[1:]}
    first = (old[0].table, old[0].gen)
    parts = [
        new if (part.table, part.gen) == first else part
        for part in manifest.parts
        if (part.table, part.gen) not in gone
    ]
    return replace(manifest, parts=tuple(parts))


def add_event_names(manifest: Manifest, names: Iterable[str]) -> Manifest:
    """The manifest with codes for names it did not have, given in alphabetical order."""
    new = sorted(set(names) - set(manifest.event_names))
    return replace(manifest, event_names=(*manifest.event_names, *new))


def add_to_catalogue(manifest: Manifest, seen: Mapping[str, EventEntry]) -> Manifest:
    """The manifest with newly loaded events counted in catalogue, totals and first and last day."""
    if not seen:
        return manifest
    catalogue = dict(manifest.catalogue)
    for name, entry in seen.items():
        known = catalogue.get(name)
        catalogue[name] = entry if known is None else _merged(known, entry)
    return replace(
        manifest,
        catalogue=dict(sorted(catalogue.items())),
        events=sum(entry.count for entry in catalogue.values()),
        first_day=min(entry.first_day for entry in catalogue.values()),
        last_day=max(entry.last_day for entry in catalogue.values()),
    )


def add_days(manifest: Manifest, per_day: Mapping[int, int]) -> Manifest:
    """The manifest with newly loaded events counted by day."""
    counts = dict(manifest.events_per_day)
    for day, events in per_day.items():
        counts[day] = counts.get(day, 0) + events
    return replace(manifest, events_per_day=dict(sorted(counts.items())))


def add_users(manifest: Manifest, per_slot: Mapping[int, int]) -> Manifest:
    """The manifest with new users counted, slot -> how many."""
    counts = list(manifest.users_per_slot)
    for slot, users in per_slot.items():
        counts[slot] += users
    return replace(manifest, users_per_slot=tuple(counts))


def panel_bound(users_per_slot: Sequence[int], wanted: int = PANEL_USERS) -> int:
    """The lowest slot b such that the slots below b hold at least `wanted` users; 4096 if none."""
    reached = 0
    for slot, users in enumerate(users_per_slot):
        reached += users
        if reached >= wanted:
            return slot + 1
    return SLOTS


def read_manifest(bucket: Bucket, key: str) -> Manifest:
    """The manifest at `key`. Raises NotFound, CorruptObject."""
    try:
        document = json.loads(bucket.get(key))
    except ValueError as error:
        raise CorruptObject(f"{key} is not JSON; restore it from the bucket's versions.") from error
    return Manifest.from_json(document)


def write_manifest(bucket: Bucket, manifest: Manifest) -> str:
    """Store a manifest; returns its key. Equal manifests have the same key."""
    body = json.dumps(manifest.to_json(), ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(body).hexdigest()[:12]
    key = f"manifests/{manifest.version:08d}-{digest}.json"
    bucket.put(key, body)
    return key


def _part_json(part: Part) -> dict[str, Any]:
    events = None if part.events is None else list(part.events)
    return {**vars(part), "groups": list(part.groups), "events": events}


def _part(document: Mapping[str, Any]) -> Part:
    events = document.get("events")
    codes = None if events is None else tuple(events)
    anew = tuple((version, tuple(groups)) for version, groups in document.get("rewritten", ()))
    whole = {**document, "groups": tuple(document["groups"]), "events": codes, "rewritten": anew}
    return Part(**whole)


def _merged(old: EventEntry, new: EventEntry) -> EventEntry:
    properties = {key: dict(kinds) for key, kinds in old.properties.items()}
    for key, kinds in new.properties.items():
        if key not in properties and len(properties) >= MAX_PROPERTIES:
            continue
        mine = properties.setdefault(key, {})
        for kind, count in kinds.items():
            mine[kind] = mine.get(kind, 0) + count
    return EventEntry(
        old.count + new.count,
        min(old.first_day, new.first_day),
        max(old.last_day, new.last_day),
        properties,
    )
