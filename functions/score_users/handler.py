"""One group of users in a run: freeze, score, count; or write them into a file."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.after_steps import after_job
from intent_segments.services.exporting import export_group
from intent_segments.services.measured import measured
from intent_segments.services.resuming import score_unfinished
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@measured("ScoreUsers", stores, partial(datetime.now, UTC), after_job)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"plan_key", "group"} to {"group"}; results lie in the bucket."""
    job = export_group if event.get("kind") == "export" else score_unfinished
    return job(stores(), event, CACHE)
