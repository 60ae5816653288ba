"""/v1/events"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import catalogue
from .app import call_of

router = Router()


@router.get("/v1/events")
def page() -> dict[str, Any]:
    return catalogue.events(call_of(router).stores)
