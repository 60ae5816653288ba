"""The ten questions that segments are measured on, from trivial to hard, asked as of AS_OF.

Each is answered three ways: by a definition, by SQL written for it by hand (`sql/<name>.sql`) and
by Polars (`by_polars.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from intent_segments.lake.calendar import to_day
from intent_segments.lake.manifest import Manifest

from .account import DAYS, FIRST_DAY

AS_OF: date = FIRST_DAY + timedelta(days=DAYS - 1)
SQL = Path(__file__).parent / "sql"


def did(event: str, **more: Any) -> dict[str, Any]:
    return {"did": {"event": event, **more}}


def last(days: int) -> dict[str, int]:
    return {"days": days}


DEFINITIONS: dict[str, dict[str, Any]] = {
    "everybody": {"all": []},
    "launched_lately": did("App Launched", count={"gte": 3}, within=last(30)),
    "lapsed": {
        "all": [
            did("App Launched", days={"gte": 5}),
            {"did_not": {"event": "App Launched", "within": last(60)}},
        ]
    },
    "window_shoppers": {
        "all": [
            did("Front Row Viewed", count={"gte": 2}, within=last(90)),
            {"did_not": {"event": "Ticket Purchased"}},
        ]
    },
    "new_buyers": did("Ticket Purchased", first_time=True, within=last(30)),
    "premium_in_the_bay": {
        "all": [
            did("App Launched", within=last(30)),
            {"profile": {"property": "city", "in": ["San Francisco", "Oakland"]}},
            {"profile": {"property": "plan", "ne": "free"}},
        ]
    },
    "rock_fans": did(
        "Video Watched: rock", within=last(7), where=[{"property": "seconds", "gte": 300}]
    ),
    "evening_people": did(
        "App Launched",
        count={"gte": 2},
        within=last(60),
        on={"weekdays": ["sat", "sun"], "hours": {"from": 18, "to": 23}},
    ),
    "big_spenders": did(
        "Ticket Purchased", sum={"property": "amount", "gte": 200}, within=last(180)
    ),
    "looked_then_bought": {
        "all": [
            {
                "sequence": [
                    {"event": "Front Row Viewed"},
                    {"event": "Ticket Purchased", "within": last(7)},
                ],
                "within": last(90),
            },
            did("App Launched", within=last(30)),
            {"did_not": {"event": "App Uninstalled"}},
            {"not": {"profile": {"property": "plan", "eq": "premium"}}},
        ]
    },
}


@dataclass(frozen=True)
class Files:
    """The files of a lake in a folder, as whoever writes SQL by hand would name them."""

    manifest: Manifest
    bucket: Path

    def of(self, table: str, since: int | None = None) -> list[str]:
        """All files of a table; of events those alone that can hold days from `since` on."""
        parts = [
            part
            for part in self.manifest.of(table)
            if since is None or part.to_day is None or part.to_day >= since
        ]
        groups = range(self.manifest.groups)
        return [str(self.bucket / key) for part in parts for key in part.keys(groups)]

    def sql(self, question: str) -> str:
        """The hand-written SQL with files, codes of events and the day in place."""
        written = (SQL / f"{question}.sql").read_text("utf-8")
        as_of = to_day(AS_OF)
        names = {name: str(code) for code, name in enumerate(self.manifest.event_names)}
        names |= {table: self._read(table) for table in ("users", "activity", "profiles")}
        names |= {"events": self._read("events", as_of - days_back(written)), "as_of": str(as_of)}
        return re.sub(r"\{([^}]+)\}", lambda found: names[found[1]], written)

    def _read(self, table: str, since: int | None = None) -> str:
        listed = ", ".join(f"'{path}'" for path in self.of(table, since))
        return f"read_parquet([{listed}])"


def days_back(written: str) -> int:
    """How many days before the day asked about the SQL reads single events: its first line."""
    found = re.match(r"-- events since (\d+) days before", written)
    return int(found[1]) if found else 0
