"""What the catalogue knows of events and traits beyond counts: users, and what their values are.

Kept as two JSON documents below one prefix that the manifest names: `sketches.json`, which imports
merge into, and `shown.json`, which the API answers from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..lake.manifest import Manifest
from ..lake.objects import Bucket
from .property_values import Values, of_both
from .sketches import Users

MAX_DETAILED = 100
"""Properties of one event, and traits, whose values are looked into: the first ones seen, of those
that came together the most frequent."""

MAX_DETAILED_IN_ALL = 2_000
"""The same of all events together: it bounds the documents to some megabytes."""

USER_HASHES, MOST_HASHES, LEAST_HASHES = 400_000, 4_096, 64
"""User hashes kept in all, and of one event at most and at least: with 97 events or fewer 95 % of
user counts are off by 3 % at most, with 5,000 by 22 %."""

PREFIX = "catalogue"
Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Subject:
    """An event or a trait: its users, the values of each property (of a trait: under its own name).
    `since_start` is false for what a lake held before catalogues had details. Days are local."""

    users: Users
    values: Mapping[str, Values]
    first_day: int | None = None
    last_day: int | None = None
    since_start: bool = True

    def merged(self, other: Subject) -> Subject:
        """The summary of both batches."""
        return Subject(
            self.users.merged(other.users),
            {
                name: _merged(self.values.get(name), other.values.get(name), Values.merged)
                for name in {**self.values, **other.values}
            },
            of_both(min, self.first_day, other.first_day),
            of_both(max, self.last_day, other.last_day),
            self.since_start and other.since_start,
        )

    def shown(self) -> dict[str, Any]:
        """As `shown.json` has it; `users` is null where not all of history was counted."""
        known = self.since_start
        return {
            "users": self.users.count if known else None,
            "users_margin": round(self.users.margin, 4) if known else None,
            "first_day": self.first_day,
            "last_day": self.last_day,
            "values": {
                name: {"kinds": dict(values.kinds), **values.shown()}
                for name, values in self.values.items()
            },
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            **vars(self),
            "users": self.users.to_json(),
            "values": {name: values.to_json() for name, values in self.values.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Subject:
        """The inverse of `to_json`."""
        values = {name: Values.from_json(found) for name, found in document["values"].items()}
        users = Users.from_json(document["users"])
        return cls(**{**document, "users": users, "values": values})


@dataclass(frozen=True)
class Details:
    """Every event and every trait by name. `traits_since_start` is false where a lake held profiles
    before catalogues had details: of which traits is not known."""

    events: Mapping[str, Subject] = field(default_factory=dict)
    traits: Mapping[str, Subject] = field(default_factory=dict)
    traits_since_start: bool = True

    @classmethod
    def uncounted(cls, manifest: Manifest) -> Details:
        """Of a lake without details, which may be empty: what it holds already is not counted."""
        never = Subject(Users.of((), MOST_HASHES), {}, since_start=False)
        return cls(dict.fromkeys(manifest.catalogue, never), {}, not manifest.of("profiles"))

    def merged(self, other: Details) -> Details:
        """The summary of both, within the limits of this module."""
        whole = self.traits_since_start and other.traits_since_start
        traits = _subjects(self.traits, other.traits)
        return Details(
            _subjects(self.events, other.events),
            {name: replace(t, since_start=t.since_start and whole) for name, t in traits.items()},
            whole,
        ).within_limits()

    def within_limits(self) -> Details:
        """With as many values and user hashes as may be kept, and nothing personal."""
        size = USER_HASHES // max(1, len(self.events) + len(self.traits))
        size = max(LEAST_HASHES, min(MOST_HASHES, size))
        room = MAX_DETAILED_IN_ALL
        events = {}
        for name, subject in self.events.items():
            kept = _first(subject.values, min(room, MAX_DETAILED))
            room -= len(kept)
            events[name] = replace(subject, users=subject.users.shrunk(size), values=kept)
        traits = {
            name: replace(subject, users=subject.users.shrunk(size), values=_first(subject.values))
            for name, subject in _first_traits(self.traits).items()
        }
        return replace(self, events=events, traits=traits)

    @classmethod
    def read(cls, bucket: Bucket, prefix: str) -> Details:
        """What was written below `prefix`. Raises NotFound."""
        document = json.loads(bucket.get(f"{prefix}/sketches.json"))
        return cls(
            {name: Subject.from_json(found) for name, found in document["events"].items()},
            {name: Subject.from_json(found) for name, found in document["traits"].items()},
            document["traits_since_start"],
        )

    def write(self, bucket: Bucket) -> str:
        """Store both documents; returns their prefix. Equal details have the same one."""
        sketches, shown = (
            json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
            for document in (self._all(Subject.to_json), self._all(Subject.shown))
        )
        prefix = f"{PREFIX}/{hashlib.sha256(sketches).hexdigest()[:16]}"
        bucket.put(f"{prefix}/sketches.json", sketches)
        bucket.put(f"{prefix}/shown.json", shown)
        return prefix

    def _all(self, made: Callable[[Subject], dict[str, Any]]) -> dict[str, Any]:
        return {
            "events": {name: made(subject) for name, subject in self.events.items()},
            "traits": {name: made(subject) for name, subject in self.traits.items()},
            "traits_since_start": self.traits_since_start,
        }


def _first(values: Mapping[str, Values], most: int = MAX_DETAILED) -> dict[str, Values]:
    return {name: found.settled() for name, found in list(values.items())[:most]}


def _first_traits(traits: Mapping[str, Subject]) -> dict[str, Subject]:
    return dict(list(traits.items())[:MAX_DETAILED])


def _subjects(one: Mapping[str, Subject], other: Mapping[str, Subject]) -> dict[str, Subject]:
    names = {**one, **other}
    return {name: _merged(one.get(name), other.get(name), Subject.merged) for name in names}


def _merged(
    one: Entry | None, other: Entry | None, merge: Callable[[Entry, Entry], Entry]
) -> Entry:
    if one is None or other is None:
        present = other if one is None else one
        assert present is not None  # names come from one of the two
        return present
    return merge(one, other)
