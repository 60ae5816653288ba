"""Why a run stopped, in words for its owner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import IntentError

MOST_CHARACTERS = 1_000
"""Of a reason: a run and a goal carry theirs beside much else. Step Functions hands on 32,768."""


def cause_of(failed: Mapping[str, Any]) -> tuple[str, str | None]:
    """(class name of the error, its message if it was written for the owner to read).

    Cause is {"errorType", "errorMessage"}, as JSON text where Lambda wrote it and as an object
    where training gave a refusal as its answer; anything else is told by name alone.
    """
    kind = str(failed.get("Error") or "an unknown error")
    cause = failed.get("Cause") or "{}"
    if isinstance(cause, str):
        try:
            cause = json.loads(cause)
        except ValueError:
            return kind, None
    if not isinstance(cause, dict):
        return kind, None
    kind = str(cause.get("errorType") or kind)
    own = {error.__name__ for error in _descendants(IntentError)}
    return kind, str(cause["errorMessage"]) if kind in own and "errorMessage" in cause else None


def reason_of(failed: Mapping[str, Any], run_id: str) -> str:
    """One sentence or two for whoever looks at the run."""
    kind, message = cause_of(failed)
    told = message or (
        f"The run stopped with {kind}. The logs of {run_id} say more; it is safe to run it again."
    )
    return told if len(told) <= MOST_CHARACTERS else f"{told[: MOST_CHARACTERS - 1]}…"


def _descendants(error: type[IntentError]) -> list[type[IntentError]]:
    below = error.__subclasses__()
    return below + [deeper for child in below for deeper in _descendants(child)]
