"""Conditional reads (RFC 9110, section 13): who has an answer already is not sent it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

Answered = dict[str, Any]
"""What a function hands to API Gateway (payload 2.0): `statusCode`, `headers`, `body`."""


def conditional(event: Mapping[str, Any], answer: Answered) -> Answered:
    """The answer to a GET with its ETag, or 304 without a body when `If-None-Match` has it.

    The tag is a hash of the body, so it changes when, and only when, something that is shown does.
    Browsers keep such an answer and ask again every time.
    """
    method = event.get("requestContext", {}).get("http", {}).get("method")
    if method != "GET" or answer["statusCode"] != 200:
        return answer
    tag = f'"{hashlib.sha256(answer["body"].encode()).hexdigest()[:32]}"'
    headers = {**answer["headers"], "ETag": tag, "Cache-Control": "private, no-cache"}
    if _has(str((event.get("headers") or {}).get("if-none-match", "")), tag):
        kept = {name: value for name, value in headers.items() if name != "Content-Type"}
        return {**answer, "statusCode": 304, "headers": kept, "body": ""}
    return {**answer, "headers": headers}


def _has(wanted: str, tag: str) -> bool:
    """Weak comparison, as section 13.1.2 has it: `W/` in front makes no difference."""
    tags = [one.strip().removeprefix("W/") for one in wanted.split(",")]
    return tag in tags or "*" in tags
