"""One landed file becomes parts of the lake; one of calls waits for the next roll-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.after_steps import after_import
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.services.measured import measured
from intent_segments.services.planning import last_closed_day
from intent_segments.services.raw_logs import take_calls
from intent_segments.services.refusals import refusals_as_answers
from intent_segments.services.sweeping import sweep_replaced
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

CACHE = Path(gettempdir()) / "lake"


@cache
def stores() -> Stores:
    """Made once per container, on its first import."""
    return Stores.of(Settings.from_env()).watched()


@measured("Import", stores, partial(datetime.now, UTC), after_import)
@refusals_as_answers
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """From {"key", "kind", "since", "until", "valid_from"} to the import report, or {"failed"}."""
    request = ImportRequest.from_event(event)
    if request.kind == "calls":
        return take_calls(stores(), request, datetime.now(UTC), CACHE)
    settings, head, objects = stores().settings, stores().head, stores().objects
    if request.dropped:
        closed = last_closed_day(datetime.now(UTC), settings.timezone)
        request = replace(request, not_after=closed)
    report = import_landed(request, head, objects, settings.groups, settings.timezone, CACHE)
    return report | sweep_replaced(stores(), datetime.now(UTC))
