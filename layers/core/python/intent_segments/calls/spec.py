"""The calls of the Segment specification and their limits.

Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from __future__ import annotations

from typing import Any, Literal

Kind = Literal["track", "identify", "page", "screen", "group", "alias"]

KINDS: tuple[Kind, ...] = ("track", "identify", "page", "screen", "group", "alias")

CALL_BYTES = 32 * 1024
"""Of one call, as compact JSON in UTF-8."""
BATCH_BYTES = 500 * 1024
"""Of the body of one request, unzipped."""
BATCH_CALLS = 2_500

PAGE_VIEWED = "Page Viewed"
SCREEN_VIEWED = "Screen Viewed"
"""What page and screen calls are as events; the page's name is a property, so that a site with
thousands of pages has one event."""

LINKED = "merged_into"
"""The trait of an anonymous user that names the known one, from the day on which that was told."""

Json = dict[str, Any]
