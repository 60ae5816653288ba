"""POST /v1/destinations/{id}/test: the one route that reaches out of the account."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import destination_tests
from .app import call_of

router = Router()


@router.post("/v1/destinations/<destination_id>/test")
def test(destination_id: str) -> dict[str, Any]:
    from .engaging import DestinationTest

    call = call_of(router)
    body = call.body(DestinationTest) if call.raw_body() else DestinationTest()
    test_id = call.new_id("test")
    return destination_tests.test(call.stores, destination_id, body.to, test_id, call.clock)
