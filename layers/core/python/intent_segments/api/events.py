"""/v1/events and /v1/traits: what there is to build segments from; /v1/signals: and models"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import catalogue
from ..services import signals as catalogue_of_signals
from .app import call_of
from .call import listed

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


@router.get("/v1/signals")
def signals() -> dict[str, Any]:
    call = call_of(router)
    found = catalogue_of_signals.page(
        call.stores, call.limit(), call.query("starting_after"), call.query("q") or ""
    )
    return listed(*found)
