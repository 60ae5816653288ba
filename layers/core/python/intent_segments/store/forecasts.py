"""Unsaved forecasts, kept for a day so that a goal can be saved from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import Expired, NotFound
from .table import Action, Table

PK = "FORECAST"

KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class ForecastStore:
    """Keeps forecast documents under their ids; DynamoDB deletes them by `ttl`."""

    table: Table

    def put(self, document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Keep a document (it carries its `id`); returns it with `expires_at` (UTC, ISO text)."""
        expires = now + KEPT
        kept = {**document, "expires_at": expires.isoformat()}
        item = kept | {"ttl": int(expires.timestamp())}
        self.table.apply(Action(PK, document["id"], put=item))
        return kept

    def get(self, forecast_id: str, now: datetime) -> dict[str, Any]:
        """Raises NotFound, Expired when its day is over: DynamoDB may delete it days later."""
        hours = f"forecasts are kept for {KEPT.total_seconds() / 3600:.0f} hours"
        remedy = "POST /v1/forecasts makes a new one."
        item = self.table.get(PK, forecast_id)
        if item is None:
            raise NotFound(f"There is no forecast {forecast_id!r}; {hours}. {remedy}")
        if item.pop("ttl") <= now.timestamp():
            raise Expired(
                f"The forecast {forecast_id!r} was kept until {item['expires_at']}: {hours}. "
                f"{remedy}"
            )
        return item
