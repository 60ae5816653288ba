"""One group of users in a run: freeze, score, count."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.scoring import score_users
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"plan_key", "group"} to {"group"}; results lie in the bucket."""
    return score_users(stores(), event, CACHE)
