"""Days of the week and hours of the day of an event, both in the account's time zone."""

from __future__ import annotations

from collections.abc import Sequence

from ..lake.tables import literal
from .clauses import Hours
from .values import WEEKDAYS


def weekday_holds(weekdays: Sequence[str]) -> str:
    """The condition on `day` to be one of these days of the week."""
    # Day 0, 1 January 1970, was a Thursday. The remainder of a day before it is negative.
    numbers = sorted({WEEKDAYS.index(name) for name in weekdays})
    return f"(((day + 3) % 7 + 7) % 7) IN ({', '.join(map(str, numbers))})"


def hour_holds(hours: Hours, hour: str) -> str:
    """The condition on `hour`, 0 to 23, to lie within; over midnight when it ends before it
    begins."""
    word = "AND" if hours.from_ < hours.to else "OR"
    return f"({hour} >= {hours.from_} {word} {hour} < {hours.to})"


def hour_of_day(timezone: str) -> str:
    """SQL for the hour that a clock on the wall shows at `ts`, 0 to 23."""
    if timezone == "UTC":
        return "EXTRACT(hour FROM make_timestamp(ts))"
    return f"EXTRACT(hour FROM make_timestamptz(ts) AT TIME ZONE {literal(timezone)})"
