"""When a goal's model is made anew because a user whom it had learnt from has been erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

RETRAIN_WITHIN = timedelta(days=7)
"""From the first erasure on. Erasures of a week are one training: each changes ranks and reasons of
everybody a little, for one user among many thousands."""


def flag(today: date) -> dict[str, str]:
    """The flag of a goal whose model had seen somebody who is erased on a local day."""
    return {
        "since": today.isoformat(),
        "by": (today + RETRAIN_WITHIN).isoformat(),
        "reason": "A user whom the model had learnt from was erased.",
    }


def due(flagged: Mapping[str, Any] | None, night: date) -> bool:
    """Whether the night that closes a day trains a flagged model again: the last one by the day
    of the flag, which runs on the day after the one it closes."""
    return flagged is not None and night + timedelta(days=1) >= date.fromisoformat(flagged["by"])
