"""/v1/segments

The segment service speaks the definition language and with it pydantic, so each route imports it
when it runs: goals and account answer without that weight.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from .app import call_of, json_answer
from .call import listed, location

router = Router()


@router.post("/v1/segments")
def create() -> Response[str]:
    from ..services import segments
    from .models import NewSegment

    call = call_of(router)
    wanted = call.body(NewSegment)
    made = segments.create(
        call.stores,
        call.new_id("seg"),
        wanted.name,
        wanted.definition,
        call.now,
        call.caller.subject,
        call.idempotency_key(),
    )
    return json_answer(201, made, location("segments", made["id"]))


@router.get("/v1/segments")
def page() -> dict[str, Any]:
    from ..services import segments

    call = call_of(router)
    return listed(*segments.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/segments/<segment_id>")
def show(segment_id: str) -> dict[str, Any]:
    from ..services import segments

    return segments.show(call_of(router).stores, segment_id)


@router.patch("/v1/segments/<segment_id>")
def change(segment_id: str) -> dict[str, Any]:
    from ..services import segments
    from .models import SegmentChange

    call = call_of(router)
    changes = call.body(SegmentChange).model_dump(exclude_none=True)
    return segments.change(call.stores, segment_id, changes, call.now, call.caller.subject)


@router.delete("/v1/segments/<segment_id>")
def delete(segment_id: str) -> Response[str]:
    from ..services import segments

    segments.delete(call_of(router).stores, segment_id)
    return Response(204, None, "")
