"""What an import did, for the one who loaded the file: nothing is lost without being counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..lake.calendar import from_day
from .normalize import REASONS, SetAside, merged

MOST_EVENTS = 1_000
"""Names that a report lists, those with the most rows. A lake may have 5,000 of 1 KB each, a
function answers 6 MB (Lambda's quota)."""


@dataclass(frozen=True)
class ImportReport:
    """rows_read = added + duplicates + set aside + before_since + after_until (events files).

    Of a profiles file, `added` and `duplicates` count trait values, `rows_read` rows. `first_day`
    and `last_day` are the local days of the file's usable rows, loaded before or not. `events` are
    the rows added by name. `users` are the users in the usable rows, `new_users` those of them the
    lake did not know. `rejected` is the S3 key of the rows set aside and of those whose properties
    were broken; `drift` tells what differs from what was loaded before (`drift.py`).
    """

    kind: str
    rows_read: int
    added: int
    duplicates: int
    set_aside: Mapping[str, SetAside]
    before_since: int = 0
    after_until: int = 0
    users: int = 0
    new_users: int = 0
    first_day: int | None = None
    last_day: int | None = None
    events: Mapping[str, int] = field(default_factory=dict)
    broken_properties: int = 0
    rejected: str | None = None
    drift: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def plus(self, other: ImportReport) -> ImportReport:
        """Of two pieces of one file, which have no user in common. Lines that both say stand once;
        `drift` and `rejected` are told of the file as a whole."""
        days = (self.first_day, self.last_day, other.first_day, other.last_day)
        known = [day for day in days if day is not None]
        events = dict(self.events)
        for name, count in other.events.items():
            events[name] = events.get(name, 0) + count
        return ImportReport(
            self.kind,
            self.rows_read + other.rows_read,
            self.added + other.added,
            self.duplicates + other.duplicates,
            merged(self.set_aside, other.set_aside),
            self.before_since + other.before_since,
            self.after_until + other.after_until,
            self.users + other.users,
            self.new_users + other.new_users,
            min(known, default=None),
            max(known, default=None),
            dict(sorted(events.items())),
            self.broken_properties + other.broken_properties,
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
            warnings=tuple(dict.fromkeys((*self.warnings, *other.warnings))),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with ISO dates."""
        often = sorted(self.events, key=lambda name: (-self.events[name], name))
        notes = list(self.notes)
        if further := often[MOST_EVENTS:]:
            rows = sum(self.events[name] for name in further)
            notes.append(f"{len(further):,} more events have {rows:,} of the rows added")
        return {
            "kind": self.kind,
            "rows_read": self.rows_read,
            "added": self.added,
            "duplicates": self.duplicates,
            "set_aside": {
                reason: {"count": a.count, "meaning": REASONS[reason], "example": a.example}
                for reason, a in self.set_aside.items()
            },
            "before_since": self.before_since,
            "after_until": self.after_until,
            "users": self.users,
            "new_users": self.new_users,
            "first_day": None if self.first_day is None else from_day(self.first_day).isoformat(),
            "last_day": None if self.last_day is None else from_day(self.last_day).isoformat(),
            "events": {name: self.events[name] for name in sorted(often[:MOST_EVENTS])},
            "broken_properties": self.broken_properties,
            "rejected": self.rejected,
            "drift": list(self.drift),
            "notes": notes,
            "warnings": list(self.warnings),
        }
