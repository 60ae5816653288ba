"""GET /v1/refused-calls"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import refused_calls
from .app import call_of
from .call import listed

router = Router()


@router.get("/v1/refused-calls")
def page() -> dict[str, Any]:
    call = call_of(router)
    found = refused_calls.page(
        call.stores, call.limit(), call.query("starting_after"), call.query("date")
    )
    return listed(*found)
