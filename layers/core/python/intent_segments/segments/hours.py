"""Days of the week and hours of the day of an event, both in the account's time zone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..lake.calendar import MICROS_PER_DAY
from ..lake.tables import literal
from .clauses import Hours
from .values import WEEKDAYS
from .windows import MICROS_PER_HOUR


def weekday_holds(weekdays: Sequence[str]) -> str:
    """The condition on `day` to be one of these days of the week."""
    # Day 0, 1 January 1970, was a Thursday. The remainder of a day before it is negative.
    numbers = sorted({WEEKDAYS.index(name) for name in weekdays})
    return f"(((day + 3) % 7 + 7) % 7) IN ({', '.join(map(str, numbers))})"


def hours_hold(hours: Hours, timezone: str, fact: Callable[[str], str]) -> str:
    """The condition on `ts` to lie within hours that a clock on the wall shows; over midnight when
    they end before they begin. `fact` makes a column of what is worked out once per row."""
    if timezone == "UTC":
        since_midnight = f"((ts % {MICROS_PER_DAY}) + {MICROS_PER_DAY}) % {MICROS_PER_DAY}"
        clock, unit = f"({since_midnight})", MICROS_PER_HOUR
    else:
        local = f"make_timestamptz(ts) AT TIME ZONE {literal(timezone)}"
        clock, unit = fact(f"EXTRACT(hour FROM {local})"), 1
    word = "AND" if hours.from_ < hours.to else "OR"
    return f"({clock} >= {hours.from_ * unit} {word} {clock} < {hours.to * unit})"
