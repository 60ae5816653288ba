"""Users are taken out of the files of one group, or of a landed file; and the end of their erasure,
when every group is done."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from intent_segments.services.after_steps import after_job
from intent_segments.services.erasure_finish import finish_erasing
from intent_segments.services.erasure_scan import erase_from_files
from intent_segments.services.measured import measured
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores

SCRATCH = Path(gettempdir()) / "erasure"


@cache
def stores() -> Stores:
    """Made once per container, on its first run."""
    return Stores.of(Settings.from_env()).watched()


@measured("EraseUsers", stores, partial(datetime.now, UTC), after_job)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A job {"plan_key", "group" or "key"}; or the end of a run, which returns its event."""
    if "group" in event or "key" in event:
        return erase_from_files(stores(), event, SCRATCH)
    return finish_erasing(stores(), event, SCRATCH, datetime.now(UTC))
