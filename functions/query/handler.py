"""The routes that read users and scores with DuckDB, or that reckon longer than a thin function."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from intent_segments.api import (
    changes,
    effects,
    members,
    previews,
    progress,
    refused_calls,
    reporting,
    trends,
)
from intent_segments.api.app import Api

MODULES = (previews, trends, members, progress, changes, effects, reporting, refused_calls)
ROUTERS = [module.router for module in MODULES]

api = Api(ROUTERS, clock=lambda: datetime.now(UTC), random=os.urandom)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event."""
    return api(event, context)
