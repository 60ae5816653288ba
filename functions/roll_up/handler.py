"""Calls that have landed become events and traits of the lake, every few minutes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.after_steps import after_roll_up
from intent_segments.services.measured import measured
from intent_segments.services.refusals import refusals_as_answers
from intent_segments.services.rolling_up import PORTION_SECONDS, roll_up
from intent_segments.services.sweeping import sweep_replaced
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container."""
    return Stores.of(Settings.from_env()).watched()


@measured("RollUp", stores, partial(datetime.now, UTC), after_roll_up)
@refusals_as_answers
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """To what was rolled up, or {"failed"}; the event says nothing."""

    def enough_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > 1000 * PORTION_SECONDS)

    report = roll_up(stores(), datetime.now(UTC), CACHE, enough_time)
    return report | sweep_replaced(stores(), datetime.now(UTC), report.get("first_version"))
