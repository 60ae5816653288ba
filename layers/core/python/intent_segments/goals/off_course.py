"""Calibration in the large of a goal at work: has what came left the forecast behind?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STRETCH = 2.4
"""The 99 % interval reaches so many times as far as the 80 % one (Student's t with 8 degrees of
freedom, on the log of the count). It is looked at every night: 95 % would cry wolf."""

MIN_USERS = 20
"""Fewer, expected and come, are told by no warning: a handful more or less is chance."""


def off_course(did: int, predicted: Mapping[str, Any] | None, day: str) -> str | None:
    """A sentence where the `did` members who did it by `day` (ISO) lie outside the 99 % interval of
    what day 0 `predicted` for that day ({"value", "low80", "high80"}); None where they do not."""
    if predicted is None or max(did, predicted["value"]) < MIN_USERS or predicted["value"] <= 0:
        return None
    value = predicted["value"]
    low, high = (value * (predicted[end] / value) ** STRETCH for end in ("low80", "high80"))
    if low <= did <= high:
        return None
    side, limit = ("more", high) if did > high else ("fewer", low)
    return (
        f"By {day} {did:,} members did it, {side} than the {limit:,.0f} where the 99 % interval of "
        f"the forecast for that day ends ({value:,.0f} were expected). Something is different from "
        "the past that was learnt from: a campaign, a season or tracking. Likelihoods may be off "
        "as much."
    )
