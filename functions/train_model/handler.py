"""The panel's step of a run: models and forecasts at set-up, cuts every night."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.after_steps import after_job
from intent_segments.services.measured import measured
from intent_segments.services.training import train_model
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@measured("Train", stores, partial(datetime.now, UTC), after_job)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From a plan's whereabouts to the same, with {"failed"} when history is too thin."""
    return train_model(stores(), event, CACHE)
