"""/v1/goals/{goal_id}/progress: nights from what was published, today from what has landed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import today, tracking
from .app import call_of

router = Router()


@router.get("/v1/goals/<goal_id>/progress")
def show_progress(goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    asked = today.wanted(call.query("today"))
    found = tracking.progress(call.stores, goal_id)
    if asked:
        found["today"] = today.so_far(call.stores, goal_id, call.folder())
    return found
