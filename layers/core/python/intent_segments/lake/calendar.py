"""Days as numbers: every table stores the account's local day as days since 1970-01-01.

Integers keep SQL portable and numpy fast. Time zones matter only where an instant becomes a day:
at import (`events/normalize.py`) and where a definition asks for hours of the day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import InvalidInput

EPOCH = date(1970, 1, 1)
MICROS_PER_SECOND = 1_000_000
MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND


def to_day(value: date) -> int:
    """Days since 1970-01-01 of a calendar date."""
    return (value - EPOCH).days


def from_day(day: int) -> date:
    """The calendar date of a day number."""
    return EPOCH + timedelta(days=int(day))


def local_date(now: datetime, timezone: str) -> date:
    """The calendar date of an instant (aware) in an IANA time zone."""
    return now.astimezone(ZoneInfo(timezone)).date()


def parse_date(text: str, field: str) -> date:
    """An ISO date (`2026-10-31`). Raises InvalidInput naming `field`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput.at(
            field, f"{field} must be an ISO date like 2026-10-31, not {text!r}"
        ) from None


def parse_timezone(name: str, field: str = "timezone") -> str:
    """An IANA time zone name, checked. Raises InvalidInput naming `field`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput.at(
            field, f"{field} must be an IANA time zone like Europe/Berlin, not {name!r}"
        ) from None
    return name
