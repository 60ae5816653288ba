"""Numbers of an uplift as answers have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..campaigns.arms import Arm
from .quality import rated

DIGITS, USERS = 6, 2
"""Digits behind the point: of shares, of numbers of users."""


def rated_arm(arm: Arm) -> dict[str, Any]:
    """{"users", "did", "rate", "low95", "high95"}."""
    return rated({"users": arm.users, "did": arm.converted})


def rounded(document: Any, digits: int = DIGITS) -> Any:
    """Plain JSON with no more digits than are of use."""
    if isinstance(document, float):
        return round(document, digits)
    if isinstance(document, Mapping):
        return {key: rounded(value, digits) for key, value in document.items()}
    return document
