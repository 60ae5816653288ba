"""What roll-ups did, for 90 days: as long as the calls that they could not use are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .table import Action, Table

PK = "ROLL_UP"
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class RollUpStore:
    """Keeps reports of roll-ups under their ids, `roll_up_2026-10-31T08:15:00.000000Z`."""

    table: Table

    def put(self, ended: datetime, report: Mapping[str, Any]) -> None:
        """Keep what a roll-up did that ended at a UTC instant."""
        roll_up_id = f"roll_up_{ended:%Y-%m-%dT%H:%M:%S.%fZ}"
        ttl = int((ended + KEPT).timestamp())
        self.table.apply(Action(PK, roll_up_id, put={"id": roll_up_id, **report, "ttl": ttl}))

    def page(self, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
        """Reports, newest first, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        return [{k: v for k, v in item.items() if k != "ttl"} for item in items], more
