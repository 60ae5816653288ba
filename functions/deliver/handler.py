"""What reaches out of the account: tests of destinations."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from intent_segments.api import destination_tests
from intent_segments.api.app import Api

api = Api([destination_tests.router], clock=lambda: datetime.now(UTC), random=os.urandom)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event."""
    return api(event, context)
