"""/v1/goals/{goal_id}/uplift and /power, /v1/account/holdout: what arms say, and could say."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import holdouts, power, uplift
from .app import call_of

router = Router()


@router.get("/v1/goals/<goal_id>/uplift")
def show_uplift(goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    bucket, engagement = call.query("bucket"), call.query("engagement")
    return uplift.uplift(call.stores, goal_id, bucket, engagement)


@router.get("/v1/goals/<goal_id>/power")
def show_power(goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    lift, share = call.query("lift"), call.query("control_share")
    return power.power_of_goal(call.stores, goal_id, lift, share)


@router.get("/v1/account/holdout")
def show_holdout() -> dict[str, Any]:
    return holdouts.report(call_of(router).stores)
