"""Users by goal: /v1/goals/{goal_id}/buckets/{bucket}/users and /v1/users/{user_id}/intents"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import members
from .app import call_of

router = Router()


@router.get("/v1/goals/<goal_id>/buckets/<bucket>/users")
def bucket_users(goal_id: str, bucket: str) -> dict[str, Any]:
    call = call_of(router)
    after = call.query("starting_after")
    return members.bucket_users(call.stores, goal_id, bucket, call.limit(), after)


@router.get("/v1/users/<user_id>/intents")
def intents(user_id: str) -> dict[str, Any]:
    return members.intents(call_of(router).stores, user_id)


@router.get("/v1/users/<user_id>/intents/<goal_id>/nights")
def nights(user_id: str, goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    return members.nights(call.stores, goal_id, user_id, call.limit())
