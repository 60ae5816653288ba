"""The first step of a run: what has to be done, for whom, from which state of the lake."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From a request or the event GoalCreated to {"run_id", "plan_key", "bucket", …}."""
    return plan_run(stores(), RunRequest.from_event(event), datetime.now(UTC))
