"""/v1/goals/{goal_id}/changes/users"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services.changed_users import Asked, changed_users
from .app import call_of

router = Router()


@router.get("/v1/goals/<goal_id>/changes/users")
def users(goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    asked = Asked(call.query("date"), call.query("from"), call.query("to"))
    return changed_users(call.stores, goal_id, asked, call.limit(), call.query("starting_after"))
