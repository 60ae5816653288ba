"""Is a wanted number realistic? One plain word for a probability."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["within_reach", "a_stretch", "not_realistic"]

WITHIN_REACH = 0.5
STRETCH = 0.15
"""A wanted number is within reach when it is at least as likely as not, a stretch from 15 %."""


def verdict(probability: float) -> Verdict:
    """The plain word for P(reached)."""
    if probability >= WITHIN_REACH:
        return "within_reach"
    return "a_stretch" if probability >= STRETCH else "not_realistic"
