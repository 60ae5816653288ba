"""How many members segments had at the end of days: one small item per segment and month.

A month is a partition and a segment its sort key, so the newest sizes of a page of segments are one
query, and one segment's range of days one item per month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .table import Action, Table, TransactionRefused

ATTEMPTS = 3
"""Tries of a write that another one got in the way of."""


@dataclass(frozen=True)
class Size:
    """`users` members; `estimated` from a sample of the users."""

    users: int
    estimated: bool = False


@dataclass(frozen=True)
class SizeStore:
    """Sizes belong to a `fingerprint` of the definition: those of another one are not seen, and
    give way to the first that is put."""

    table: Table

    def put(self, segment_id: str, fingerprint: str, sizes: Mapping[date, Size]) -> None:
        """Keep sizes, over those of the same days."""
        months: dict[str, dict[date, Size]] = {}
        for day, size in sizes.items():
            months.setdefault(_pk(day), {})[day] = size
        for pk, some in months.items():
            self._put(pk, segment_id, fingerprint, some)

    def between(
        self, segment_id: str, fingerprint: str, first: date, last: date
    ) -> dict[date, Size]:
        """The sizes of the days `first` to `last` that are known, in the order of days."""
        found: dict[date, Size] = {}
        for month in _months(first, last):
            item = self.table.get(_pk(month), segment_id)
            if item is not None and item["fingerprint"] == fingerprint:
                found |= {day: size for day, size in _days(item) if first <= day <= last}
        return found

    def newest(self, fingerprints: Mapping[str, str], last: date) -> dict[str, tuple[date, Size]]:
        """The newest size by `last`, of that month or the one before, of the segments whose ids and
        fingerprints are given; who has none is left out."""
        found: dict[str, tuple[date, Size]] = {}
        if not fingerprints:
            return found
        low, high = min(fingerprints), max(fingerprints)
        for month in (last, last.replace(day=1) - timedelta(days=1)):
            for item in self.table.between(_pk(month), low, high):
                name = item["segment_id"]
                if name in found or item["fingerprint"] != fingerprints.get(name):
                    continue
                days = [(day, size) for day, size in _days(item) if day <= last]
                if days:
                    found[name] = days[-1]
        return found

    def _put(self, pk: str, segment_id: str, fingerprint: str, sizes: Mapping[date, Size]) -> None:
        days = {day.isoformat(): vars(size) for day, size in sizes.items()}
        add = Action(
            pk,
            segment_id,
            update="SET " + ", ".join(f"days.#{i} = :{i}" for i in range(len(days))),
            condition="fingerprint = :fingerprint",
            names={f"#{i}": day for i, day in enumerate(days)},
            values={":fingerprint": fingerprint}
            | {f":{i}": size for i, size in enumerate(days.values())},
        )
        fresh = Action(
            pk,
            segment_id,
            put={"segment_id": segment_id, "fingerprint": fingerprint, "days": days},
            condition="attribute_not_exists(pk) OR fingerprint <> :fingerprint",
            values={":fingerprint": fingerprint},
        )
        for attempt in range(ATTEMPTS):
            try:
                self.table.apply(fresh if attempt % 2 else add)
            except TransactionRefused:
                continue
            return
        raise TransactionRefused((0,))


def _pk(day: date) -> str:
    return f"SIZES#{day.isoformat()[:7]}"


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def _days(item: Mapping[str, Any]) -> list[tuple[date, Size]]:
    return sorted((date.fromisoformat(day), Size(**size)) for day, size in item["days"].items())
