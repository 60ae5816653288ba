"""Messages of the queue of calls become files that the roll-up takes."""

from __future__ import annotations

from functools import cache
from typing import Any

from intent_segments.services.landing import land
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores


@cache
def stores() -> Stores:
    """Made once per container."""
    return Stores.of(Settings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From an SQS event to {"batchItemFailures": […]}: messages to be delivered again."""
    return land(stores(), event["Records"])
