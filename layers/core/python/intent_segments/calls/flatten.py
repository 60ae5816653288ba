"""Nested objects as flat keys: `context.app.version`. The lake compares flat values alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

DEEPEST = 4
"""Levels that become keys; what lies deeper is left out."""

LEFT_OUT = frozenset({"ip", "userAgent", "userAgentData", "traits", "integrations"})
"""Of a context: addresses and browser strings tell who somebody is and say nothing of what they
want; `traits` repeat those of identify."""


def flat(
    document: dict[str, Any], prefix: str, deepest: int = DEEPEST
) -> Iterator[tuple[str, Any]]:
    """(key, value) of every text, number and boolean in `document`, keys joined by dots behind
    `prefix`; lists are left out."""
    for key, value in document.items():
        if isinstance(value, dict):
            if deepest > 1:
                yield from flat(value, f"{prefix}{key}.", deepest - 1)
        elif isinstance(value, str | int | float):
            yield f"{prefix}{key}", value


def of_context(context: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a call's context adds to the properties of its event."""
    return flat({k: v for k, v in context.items() if k not in LEFT_OUT}, "context.", DEEPEST - 1)
