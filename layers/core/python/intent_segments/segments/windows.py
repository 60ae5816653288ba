"""Windows of time as closed ranges of local days, or half-open ranges of instants.

Nothing after as_of may matter, so every window is clipped there; an empty range (last < first)
is a valid window in which nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ..lake.calendar import MICROS_PER_SECOND, from_day, to_day
from ..lake.tables import ALWAYS
from .clauses import Between, Within

MICROS_PER_HOUR = 3_600 * MICROS_PER_SECOND


@dataclass(frozen=True)
class DayWindow:
    """Local days `first` to `last`, both included."""

    first: int
    last: int


@dataclass(frozen=True)
class HourWindow:
    """Instants in epoch µs, UTC: `start` included, `end` excluded."""

    start: int
    end: int
    days: DayWindow
    """Local days that hold all of it, for the tables' pruning."""


@dataclass(frozen=True)
class Clock:
    """The day a definition is evaluated as of, and how its own dates map onto that time.

    `shift_days` is added to every absolute date of the definition: a cut-off 28 days before
    today's as_of passes -28. `timezone` says where days begin and end.
    """

    as_of: int
    timezone: str
    shift_days: int = 0

    def window(self, given: Within | Between | date | None) -> DayWindow | HourWindow:
        """The range that a clause's window means; None is all history, a date `before` it."""
        match given:
            case Within(hours=int(hours)):
                end = self.day_start(self.as_of + 1)
                # One day more than it takes: a day can have 23 or 25 hours.
                days = DayWindow(self.as_of - hours // 24 - 1, self.as_of)
                return HourWindow(end - hours * MICROS_PER_HOUR, end, days)
            case Within(days=int(days)):
                return DayWindow(self.as_of - days + 1, self.as_of)
            case Between():
                return DayWindow(self.shifted(given.from_), self._clipped(self.shifted(given.to)))
            case date():
                return DayWindow(ALWAYS, self._clipped(self.shifted(given) - 1))
            case _:
                return DayWindow(ALWAYS, self.as_of)

    def shifted(self, absolute: date) -> int:
        """The day number of one of the definition's own dates."""
        return to_day(absolute) + self.shift_days

    def day_start(self, day: int) -> int:
        """Epoch µs at which a local day begins (after a skipped midnight: when the clock moves)."""
        on = from_day(day)
        local = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(self.timezone))
        return int(local.astimezone(UTC).timestamp()) * MICROS_PER_SECOND

    def _clipped(self, last: int) -> int:
        return min(last, self.as_of)
