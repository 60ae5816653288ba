"""What users did and who they are, as a test writes it down, and the same as Tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from intent_segments.lake.layout import user_hash
from intent_segments.lake.tables import ALWAYS, Tables

NEVER = 1_000_000
"""A day after any calendar date in use."""
EPOCH_DAY = date(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    user: str
    event: str
    ts: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trait:
    """A trait's value from the day `since`; None for an undated one."""

    user: str
    property: str
    value: str | float | bool | datetime
    since: date | None = None


@dataclass(frozen=True)
class Night:
    """The scores a goal published of one day: user -> likelihood in millionths, bucket, percentile
    of the open members."""

    goal: str
    day: date
    standing: dict[str, tuple[int, str, int | None]]


@dataclass(frozen=True)
class History:
    events: tuple[Event, ...] = ()
    traits: tuple[Trait, ...] = ()
    timezone: str = "UTC"
    nights: tuple[Night, ...] = ()

    def tables(self) -> Tables:
        """The history in the tables that the product reads."""
        tables = Tables.empty(self.timezone)
        codes: dict[str, int] = {}
        rows, daily = [], Counter[tuple[int, int, int]]()
        first: dict[str, int] = {}
        entry: dict[str, int] = {}
        for event in self.events:
            code = codes.setdefault(event.event, len(codes))
            day = self._day(event.ts)
            micros = (event.ts - EPOCH) // timedelta(microseconds=1)
            uh = user_hash(event.user)
            rows.append((uh, code, micros, day, json.dumps(event.properties)))
            daily[uh, code, day] += 1
            first[event.user] = min(day, first.get(event.user, day))
        traits = []
        for trait in self.traits:
            since = ALWAYS if trait.since is None else (trait.since - EPOCH_DAY).days
            traits.append((user_hash(trait.user), trait.property, *_typed(trait.value), since))
            if trait.user not in first:
                entry[trait.user] = ALWAYS
            elif trait.since is not None:
                entry[trait.user] = min(since, entry.get(trait.user, since))
        users = sorted(first.keys() | {trait.user for trait in self.traits})
        _fill(tables, "events", rows)
        _fill(tables, "activity", [(*key, n) for key, n in daily.items()])
        _fill(tables, "event_names", [(code, name) for name, code in codes.items()])
        _fill(tables, "profiles", [(*row, row[-1] != ALWAYS) for row in traits])
        _fill(tables, "scores", list(self._scores()))
        _fill(
            tables,
            "users",
            [
                (
                    user_hash(user),
                    user,
                    first.get(user),
                    _earliest(first.get(user), entry.get(user)),
                )
                for user in users
            ],
        )
        return tables

    def _scores(self) -> Iterator[tuple[Any, ...]]:
        for night in self.nights:
            later = [n.day for n in self.nights if n.goal == night.goal and n.day > night.day]
            until = (min(later) - EPOCH_DAY).days if later else NEVER
            since = (night.day - EPOCH_DAY).days
            for user, (micro, bucket, percentile) in night.standing.items():
                uh = user_hash(user)
                yield night.goal, uh, since, until, micro / 1_000_000, bucket, percentile

    def _day(self, ts: datetime) -> int:
        return (ts.astimezone(ZoneInfo(self.timezone)).date() - EPOCH_DAY).days


def _earliest(*days: int | None) -> int:
    return min(day for day in days if day is not None)


def _typed(value: str | float | bool | datetime) -> tuple[str, str | None, float | None]:
    if isinstance(value, str):
        return "string", value, None
    if isinstance(value, bool):
        return "boolean", None, float(value)
    if isinstance(value, datetime):
        return "timestamp", None, float((value - EPOCH) // timedelta(microseconds=1))
    return "number", None, float(value)


def _fill(tables: Tables, table: str, rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    lists = ", ".join(f"unnest($c{i})" for i in range(len(columns)))
    tables.con.execute(
        f"INSERT INTO {table} SELECT {lists}",
        {f"c{i}": list(column) for i, column in enumerate(columns)},
    )
