"""The routes that need nothing but DynamoDB and small documents in S3."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from intent_segments.api import (
    account,
    destinations,
    engagements,
    erasures,
    events,
    exports,
    goals,
    me,
    public,
    runs,
    segments,
    write_keys,
)
from intent_segments.api.app import Api

MODULES = (
    public,
    me,
    account,
    events,
    segments,
    goals,
    exports,
    destinations,
    engagements,
    erasures,
    runs,
    write_keys,
)

api = Api([module.router for module in MODULES], clock=lambda: datetime.now(UTC), random=os.urandom)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event."""
    return api(event, context)
