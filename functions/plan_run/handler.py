"""The first step of a run: what has to be done, for whom, from which state of the lake."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from intent_segments.services.after_steps import after_plan
from intent_segments.services.measured import measured
from intent_segments.services.run_steps import plan
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@measured("Plan", stores, partial(datetime.now, UTC), after_plan)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From a request, GoalCreated or ExportRequested to {"run_id", "plan_key", "bucket", …}."""
    return plan(stores(), event, datetime.now(UTC))
