"""Reading what is on screen, and using what takes more than one move."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page


def seen_number(place: Locator) -> int:
    """The whole number that stands there, without its separators."""
    return int(place.inner_text().replace(",", "").replace("≈", "").strip())


def choose(page: Page, label: str, text: str) -> None:
    """Type into a picker and take what it suggests."""
    picker = page.get_by_role("combobox", name=label, exact=True).last
    picker.fill(text)
    page.get_by_role("option", name=re.compile(f"^{re.escape(text)}")).first.click()
