"""What later nights count of days that are closed: events come in late, published nights stay.

Every night counts a goal from its first day on, so it knows of all members who did it on which day
they first did. That is a sketch of whole numbers, which add up over groups of users, and says for
every earlier day how many had done it by its end, as known now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

LATE_WINDOWS = 7
"""Windows of a rolling goal that are counted again after the night that judged them: events that
are later than a week are rare (SDKs keep them for a week or so when a device is offline)."""


@dataclass(frozen=True)
class Recount:
    """`first_days[d]` members did it first on the d-th day after as_of; of a rolling goal
    `windows[d]` did it in the window that began after that day. `+` merges groups."""

    first_days: Mapping[int, int] = field(default_factory=dict)
    windows: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: Recount) -> Recount:
        return Recount(
            _added(self.first_days, other.first_days), _added(self.windows, other.windows)
        )

    def to_json(self) -> dict[str, dict[str, int]]:
        """Days as text."""
        return {
            name: {str(day): days[day] for day in sorted(days)} for name, days in vars(self).items()
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Mapping[str, int]]) -> Recount:
        """The inverse of `to_json`."""
        return cls(
            **{
                name: {int(day): int(n) for day, n in document[name].items()}
                for name in ("first_days", "windows")
            }
        )

    def told(self, as_of: date, last: date) -> dict[str, Any]:
        """As a dated goal's night publishes it: {"first_days": members by day from the one after
        `as_of` to `last`}."""
        days = range(1, (last - as_of).days + 1)
        return {"first_days": [self.first_days.get(day, 0) for day in days]}

    def told_of_windows(self, as_of: date) -> dict[str, Any]:
        """The same of a rolling goal: {"late_windows": {night: members}}."""
        return {
            "late_windows": {
                (as_of + timedelta(days=day)).isoformat(): self.windows[day]
                for day in sorted(self.windows)
            }
        }


def recounted_nights(as_of: date, judged: date) -> list[date]:
    """The nights whose windows are counted again when that of the night `judged` is judged."""
    nights = (judged - timedelta(days=back) for back in range(LATE_WINDOWS, 0, -1))
    return [night for night in nights if night >= as_of]


def restated(first_days: Sequence[int], starts_on: date) -> dict[str, int]:
    """{ISO date: members who had done it by its end}, from `first_days` as it is published."""
    return {
        (starts_on + timedelta(days=day)).isoformat(): did
        for day, did in enumerate(accumulate(first_days))
    }


def changed(published: int, known: int | None) -> int | None:
    """The count as known now, if it is, where it is another one than was published."""
    return known if known != published else None


def _added(left: Mapping[int, int], right: Mapping[int, int]) -> dict[int, int]:
    return {day: left.get(day, 0) + right.get(day, 0) for day in sorted(left.keys() | right.keys())}
