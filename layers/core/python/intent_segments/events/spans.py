"""The stretches of time that the events of one file are split into, one part each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..lake.calendar import from_day, to_day

MOST_MONTHS = 120
"""Ten years. A file that spans more, for which a few wrong clocks are enough, is split by year: it
would else make more parts than a read can open."""


def spans(first: int, last: int) -> Iterator[tuple[str, int, int]]:
    """(name, first day, day after the last) of every month or year that touches the days given."""
    begin, end = from_day(first), from_day(last)
    months = (end.year - begin.year) * 12 + end.month - begin.month + 1
    by_month = months <= MOST_MONTHS
    low = begin.replace(day=1) if by_month else date(begin.year, 1, 1)
    while low <= end:
        high = date(low.year + low.month // 12, low.month % 12 + 1, 1)
        if not by_month:
            high = date(low.year + 1, 1, 1)
        yield (f"{low:%Y%m}" if by_month else f"{low:%Y}"), to_day(low), to_day(high)
        low = high
