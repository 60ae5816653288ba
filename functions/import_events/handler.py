"""One landed file becomes parts of the lake."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container, on its first import."""
    return Stores.of(Settings.from_env())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"key", "kind", "since", "until", "valid_from"} to the import report."""
    request = ImportRequest.from_event(event)
    settings = stores().settings
    return import_landed(
        request, stores().head, stores().objects, settings.groups, settings.timezone, CACHE
    )
