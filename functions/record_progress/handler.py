"""The last step of a run: publish what was counted, or record why the run stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from intent_segments.services.after_steps import after_publish
from intent_segments.services.measured import measured
from intent_segments.services.run_steps import finish
from intent_segments.services.sweeping_nights import sweep_nights
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@measured("Publish", stores, partial(datetime.now, UTC), after_publish)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"run_id"}, with {"failed"} beside it after a failure, to {"run_id", "status"}."""
    done = finish(stores(), event, datetime.now(UTC))
    return done | sweep_nights(stores(), done, datetime.now(UTC))
