"""POST /v1/forecasts: the one route that needs models."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from intent_segments.api import forecasts
from intent_segments.api.app import Api

api = Api([forecasts.router], clock=lambda: datetime.now(UTC), random=os.urandom)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event."""
    return api(event, context)
