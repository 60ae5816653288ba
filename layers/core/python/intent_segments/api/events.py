"""/v1/events and /v1/traits: what there is to build segments from"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import catalogue
from .app import call_of

router = Router()


@router.get("/v1/events")
def page() -> dict[str, Any]:
    call = call_of(router)
    found, more = catalogue.events(
        call.stores, call.limit(), call.query("starting_after"), call.query("q") or ""
    )
    return {**found, "has_more": more}


@router.get("/v1/traits")
def traits() -> dict[str, Any]:
    call = call_of(router)
    found, more = catalogue.traits(
        call.stores, call.limit(), call.query("starting_after"), call.query("q") or ""
    )
    return {**found, "has_more": more}
