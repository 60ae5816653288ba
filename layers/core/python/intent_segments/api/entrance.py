"""Whether a request came in by the stack's one address, where CloudFront is in front of the API.

An HTTP API can be reached at its own address by anybody, past CloudFront and its firewall.
CloudFront sends a header that nobody else knows, and nothing is answered without it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from typing import Any

from ..errors import WrongEntrance

HEADER = "x-origin-secret"


def admit_by(event: Mapping[str, Any], secrets: Collection[str]) -> None:
    """Raises WrongEntrance unless the HTTP API event (payload 2.0, whose headers are lower case)
    holds one of `secrets`. Where there are none every way in is one."""
    headers: Mapping[str, Any] = event.get("headers") or {}
    told = str(headers.get(HEADER, "")).encode()
    # In constant time: how much of a guess was right must not be measured.
    known = [hmac.compare_digest(told, secret.encode()) for secret in secrets]
    if secrets and not any(known):
        raise WrongEntrance(
            "Nothing is answered at this address. Use that of the console, which is the stack's "
            "output ApiUrl."
        )
