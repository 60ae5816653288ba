"""/v1/segments/{segment_id}/trend"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import trends
from .app import call_of

router = Router()


@router.get("/v1/segments/<segment_id>/trend")
def show(segment_id: str) -> dict[str, Any]:
    call = call_of(router)
    asked = trends.Asked(call.query("from"), call.query("to"))
    return trends.trend(call.stores, segment_id, asked, call.folder())
