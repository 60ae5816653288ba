"""The values of one property or trait in short: kinds, range, how many different ones, the most
frequent ones; and which of them may be offered to somebody who builds a segment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .sketches import Distinct, TopValues

MAX_LENGTH = 100
"""Characters of a value that may stand in the catalogue; longer ones are withheld."""

SHOWN_VALUES = 20
"""Values that are offered of one property, most frequent first."""

FEW = 20
"""Distinct values that may all be different and still be offered."""

SPREAD = 0.5
"""From so many distinct values per value on, values are ids rather than kinds."""

PERSONAL_SHARE = 0.01
"""Above this share of identifying values none of a property is offered, nor its range."""


@dataclass(frozen=True)
class Values:
    """The values of one property or trait. `counted` values were looked at, by kind `kinds`, of
    which `withheld` may not stand in a catalogue: those longer than MAX_LENGTH, and `identifying`
    ones that look like an e-mail address, a phone number or an id. `spread` is the sum over batches
    of the distinct values of each. `low` and `high` are of numbers, or of timestamps in epoch µs.
    """

    kinds: Mapping[str, int] = field(default_factory=dict)
    withheld: int = 0
    identifying: int = 0
    spread: int = 0
    distinct: Distinct = field(default_factory=Distinct)
    top: TopValues = field(default_factory=TopValues)
    low: float | None = None
    high: float | None = None
    personal: bool = False

    @property
    def counted(self) -> int:
        """Values that were looked at."""
        return sum(self.kinds.values())

    def merged(self, other: Values) -> Values:
        """The summary of both batches."""
        return Values(
            added(self.kinds, other.kinds),
            self.withheld + other.withheld,
            self.identifying + other.identifying,
            self.spread + other.spread,
            self.distinct.merged(other.distinct),
            self.top.merged(other.top),
            of_both(min, self.low, other.low),
            of_both(max, self.high, other.high),
            self.personal or other.personal,
        )

    def settled(self) -> Values:
        """Without values that must not be kept: once personal, always personal."""
        personal = self.personal or self.identifying > PERSONAL_SHARE * self.counted
        if not personal:
            return self
        return replace(
            self, personal=True, top=TopValues(), distinct=Distinct(None), low=None, high=None
        )

    @property
    def offered(self) -> str:
        """Which values are offered: `all` of them, the `most_frequent`, or none because there are
        `many_values` (ids, personal data, times) or `no_values` (lists and objects)."""
        if not self.kinds.keys() - {"nested"}:
            return "no_values"
        distinct = self.distinct.count
        many = distinct > FEW and min(self.spread, self.counted) > SPREAD * self.counted
        if self.distinct.hashes is not None:
            many = distinct > FEW and distinct > SPREAD * self.counted
        if self.personal or many or not self.top.counts:
            return "many_values"
        listed = len(self.top.counts) <= SHOWN_VALUES and not self.top.dropped
        return "all" if listed and not self.withheld else "most_frequent"

    def shown(self) -> dict[str, Any]:
        """As the API answers it; `top` has the least and the largest count that can be true."""
        offered = self.offered
        top = []
        if offered in ("all", "most_frequent"):
            for value, (count, error) in list(self.top.counts.items())[:SHOWN_VALUES]:
                top.append({"value": plain(value), "count": count - error, "most": count})
        return {
            "counted": self.counted,
            "distinct": None if self.personal else self.distinct.count,
            "distinct_or_more": self.distinct.hashes is None and not self.personal,
            "values": offered,
            "top": top,
            "withheld": self.withheld,
            "min": self.low,
            "max": self.high,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            **vars(self),
            "distinct": self.distinct.to_json(),
            "top": self.top.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Values:
        """The inverse of `to_json`."""
        return cls(
            **{
                **document,
                "distinct": Distinct.from_json(document["distinct"]),
                "top": TopValues.from_json(document["top"]),
            }
        )


def plain(value: str) -> Any:
    """A value from its JSON text; a number without a fraction is a whole one."""
    found = json.loads(value)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Counts of both."""
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({**one, **other})}


def of_both(choose: Callable[..., Any], one: Any, other: Any) -> Any:
    given = [value for value in (one, other) if value is not None]
    return choose(given) if given else None
