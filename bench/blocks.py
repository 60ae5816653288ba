"""The questions that forecasts are compared on: real histories, rolling origins, one horizon each.

CDNOW comes with the Python package `lifetimes`. Online Retail (Chen, Sain and Guo 2012, UCI 352)
comes from a folder: `online_retail/events.parquet` with the events `order`, `cancel_order` and
`line_item`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from intent_local.demo.datasets import write_cdnow
from intent_segments.events.open_files import open_files
from intent_segments.lake.calendar import to_day
from intent_segments.lake.tables import Tables
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse

CDNOW, RETAIL = "cdnow", "online_retail"


@dataclass(frozen=True)
class Block:
    """Of the members of `segment`, how many do `event` within `horizon` days of each origin?"""

    name: str
    source: str
    event: str
    segment: dict[str, Any]
    horizon: int
    origins: tuple[int, ...]

    @property
    def title(self) -> str:
        return f"{self.name}, {self.horizon} days, {len(self.origins)} origins"

    def question(self, origin: int) -> Question:
        return Question(parse(self.segment), (self.event,), "any", origin, self.horizon)


def month_ends(first: str, last: str) -> tuple[int, ...]:
    """Day numbers of the last days of the months from `first` to `last`, both `YYYY-MM`."""
    (year, month), end = map(int, first.split("-")), tuple(map(int, last.split("-")))
    days = []
    while (year, month) <= end:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        days.append(to_day(date(year, month, 1)) - 1)
    return tuple(days)


_BOUGHT = {"did": {"event": "Purchased"}}
_ORDERED = {"did": {"event": "order"}}
_LATELY = {"did": {"event": "order", "within": {"days": 180}}}
_SUMMER = month_ends("2011-03", "2011-07")

BLOCKS = (
    Block("cdnow_full", CDNOW, "Purchased", _BOUGHT, 30, month_ends("1997-06", "1998-05")),
    Block("cdnow_full", CDNOW, "Purchased", _BOUGHT, 90, month_ends("1997-06", "1998-03")),
    Block("online_retail", RETAIL, "order", _ORDERED, 30, _SUMMER),
    Block("retail_cancel", RETAIL, "cancel_order", _LATELY, 30, _SUMMER),
)


def open_source(source: str, data: Path | None) -> Tables | None:
    """The source's tables; None where they would be in a folder and `data` names none."""
    if source == CDNOW:
        with TemporaryDirectory() as folder:
            return open_files([write_cdnow(Path(folder)).events])
    return None if data is None else open_files([data / source / "events.parquet"])
