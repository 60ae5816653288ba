"""Reading what is on screen."""

from __future__ import annotations

from playwright.sync_api import Locator


def seen_number(place: Locator) -> int:
    """The whole number that stands there, without its separators."""
    return int(place.inner_text().replace(",", "").replace("≈", "").strip())
