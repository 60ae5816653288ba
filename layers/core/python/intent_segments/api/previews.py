"""/v1/previews"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import previews
from .app import call_of
from .models import PreviewRequest

router = Router()


@router.post("/v1/previews")
def preview() -> dict[str, Any]:
    call = call_of(router)
    wanted = call.body(PreviewRequest)
    asked = previews.PreviewRequest(
        segment_id=wanted.segment_id,
        definition=wanted.definition,
        as_of=wanted.as_of,
        shown=wanted.sample,
        overlap_with=wanted.overlap_with,
        exact=wanted.exact,
    )
    return previews.preview(call.stores, asked, call.folder())
