"""A comparison as answers have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..campaigns.arms import Arm
from ..campaigns.comparison import Comparison
from .quality import rated

DIGITS, USERS = 6, 2
"""Digits behind the point: of shares, of numbers of users."""


def compared(found: Comparison) -> dict[str, Any]:
    """Test, control and all that is said of them."""
    shown = found.to_json()
    users = found.incremental
    return {
        "test": rated_arm(found.test),
        "control": rated_arm(found.control),
        **rounded(shown),
        "incremental_users": None if users is None else rounded(users.to_json(), USERS),
    }


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
