"""The tracking API: calls of Segment's client libraries."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from intent_segments.api import calls
from intent_segments.api.app import Api

api = Api([calls.router], clock=lambda: datetime.now(UTC), random=os.urandom)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event."""
    return api(event, context)
