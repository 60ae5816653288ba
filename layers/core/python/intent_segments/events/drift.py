"""What is different about a file from what was loaded before: one plain line each.

Everything is data and stays data: a property that is a number in one file and text in another keeps
both, and a comparison passes over values of the other type. The lines are there because such a
change is nearly always a mistake of an export, and a segment built on it quietly shrinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from ..lake.calendar import from_day
from ..lake.manifest import EventEntry, Manifest

GONE_BEFORE, GONE_NOW, GONE_SHARE = 100, 20, 0.5
"""A property is gone when at least half of at least 100 rows of its event had it, and none of at
least 20 rows of the file: by chance alone one file in a million."""
STEADY = 0.9
"""A day without events is told as a change when at least this share of the days before had some."""
MOST_LINES = 50
"""Lines of one report; a wider file is another schema altogether."""
WORDS = {"string": "text"}


def drift_of(before: Manifest, after: Manifest, days: Iterable[int]) -> tuple[str, ...]:
    """Lines on properties and days in which the file between two states differs from the older.

    `days` are the local days of the file's usable rows, loaded before or not.
    """
    lines = [*properties(before.catalogue, after.catalogue), *_days(before, after, set(days))]
    return limited(lines)


def limited(lines: list[str]) -> tuple[str, ...]:
    """At most MOST_LINES of the lines, and how many more there are."""
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    return (*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES:,} more changes")


def properties(before: Mapping[str, EventEntry], after: Mapping[str, EventEntry]) -> list[str]:
    """Properties that changed their type, have several, are new or are gone; by event and name."""
    lines = []
    for event, entry in after.items():
        old = before.get(event, EventEntry(0, entry.first_day, entry.last_day))
        rows = entry.count - old.count
        for name, kinds in entry.properties.items():
            was = dict(old.properties.get(name, {}))
            now = {k: n - was.get(k, 0) for k, n in kinds.items() if n > was.get(k, 0)}
            lines += _property(f"{event}.{name}", was, now, old.count, rows)
    return lines


def kinds(what: str, was: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """The line on one property or trait with a kind that it did not have, if there is one.

    Kind -> rows: before the file, and in the file. Without any rows before, a mixture in the file.
    """
    others = {kind: rows for kind, rows in now.items() if kind not in was}
    if was and others:
        return [f"{what} was {_counted(was)} before, and is {_counted(others)} of this file"]
    if not was and len(now) > 1:
        return [f"{what} is {_counted(now)} of this file"]
    return []


def _property(
    what: str, was: Mapping[str, int], now: Mapping[str, int], before: int, rows: int
) -> list[str]:
    changed = kinds(what, was, now)
    if changed:
        return changed
    if before and not was and now:
        return [f"{what} is new: {_counted(now)} of this file ({rows:,} of that event)"]
    held = sum(was.values())
    if not now and rows >= GONE_NOW and before >= GONE_BEFORE and held >= GONE_SHARE * before:
        return [
            f"{what} is gone: {_counted(was)} of {before:,} before, and in none of the {rows:,} "
            "rows of that event in this file"
        ]
    return []


def _counted(kinds: Mapping[str, int]) -> str:
    return " and ".join(
        f"{WORDS.get(kind, kind)} in {rows:,} row{'' if rows == 1 else 's'}"
        for kind, rows in sorted(kinds.items(), key=lambda entry: (-entry[1], entry[0]))
    )


def _days(before: Manifest, after: Manifest, days: set[int]) -> list[str]:
    lines = []
    known = before.events_per_day
    if known and _steady(set(known)):
        silent = [day for day in silent_days(after) if not min(known) <= day <= max(known)]
        if silent:
            lines.append(
                f"{_listed(silent)} without any event, while {len(known):,} of the "
                f"{max(known) - min(known) + 1:,} days before had some"
            )
    if days and _steady(days):
        absent = [d for d in range(min(days), max(days)) if d not in days and d in known]
        if absent:
            lines.append(f"{_listed(absent)} not in this file, while the lake has events of then")
    return lines


def silent_start(before: Manifest, after: Manifest) -> list[str]:
    """A warning when the first events of a lake leave days between them without any."""
    silent = silent_days(after)
    if before.events or not silent:
        return []
    first, last = min(after.events_per_day), max(after.events_per_day)
    return [
        f"{len(silent):,} of the {last - first + 1:,} days from {from_day(first)} to "
        f"{from_day(last)} have no event (the first: {from_day(silent[0])}): if that is not how "
        "your users behave, load the missing days."
    ]


def trait_drift(con: duckdb.DuckDBPyConnection, stored: str, traits: str) -> tuple[str, ...]:
    """Lines on traits whose type differs from the one in the lake, and on new ones.

    `stored` is SQL for the profiles in the lake, `traits` the table of the file's.
    """
    counts = "SELECT property, kind, count(*) FROM {} GROUP BY property, kind ORDER BY ALL"
    was, now = (
        _by_property(con.execute(counts.format(t)).fetchall()) for t in (f"({stored})", traits)
    )
    lines = []
    for name, held in now.items():
        lines += kinds(f"trait {name}", was.get(name, {}), held)
        if was and name not in was and len(held) == 1:
            lines.append(f"trait {name} is new: {_counted(held)} of this file")
    return limited(lines)


def _by_property(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, kind, count in rows:
        found.setdefault(name, {})[kind] = count
    return found


def silent_days(manifest: Manifest) -> list[int]:
    """The days between the first and the last event of the lake on which nobody did anything."""
    held = manifest.events_per_day
    return [day for day in range(min(held), max(held)) if day not in held] if held else []


def _steady(days: set[int]) -> bool:
    return len(days) >= STEADY * (max(days) - min(days) + 1)


def _listed(days: list[int]) -> str:
    """1 day: 2026-01-05 / 3 days: 2026-01-05, 2026-01-06, 2026-01-09."""
    shown = ", ".join(from_day(day).isoformat() for day in days[:5])
    more = ", …" if len(days) > 5 else ""
    return f"{len(days):,} day{'' if len(days) == 1 else 's'}: {shown}{more}"
