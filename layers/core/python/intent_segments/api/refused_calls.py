"""GET /v1/refused-calls"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import refused_calls
from .app import call_of
from .call import listed

router = Router()

MOST_BYTES = 2_800_000
"""Of a page. Anybody may have sent these calls, nothing but quotes among them, which take two bytes
each in what a function answers: 6 MB at most (Lambda's quota)."""


@router.get("/v1/refused-calls")
def page() -> dict[str, Any]:
    call = call_of(router)
    found = refused_calls.page(
        call.stores, call.limit(), call.query("starting_after"), call.query("date")
    )
    return listed(*found, MOST_BYTES)
