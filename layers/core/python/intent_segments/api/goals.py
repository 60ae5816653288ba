"""/v1/goals"""

from __future__ import annotations

import hashlib
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..errors import InvalidInput
from ..services import quality, tracking
from ..store.goals import IdempotencyKey
from .app import call_of, json_answer
from .call import Call, listed, location

router = Router()

MAX_KEY = 255
"""Characters of an Idempotency-Key."""


@router.post("/v1/goals")
def create() -> Response[str]:
    from ..services import goals
    from .models import NewGoal

    call = call_of(router)
    body = call.body(NewGoal)
    wanted = goals.NewGoal(
        name=body.name,
        draft=None if body.forecast_id is not None else body.to_draft(),
        forecast_id=body.forecast_id,
        control_share=body.control_share,
    )
    goal = goals.create(
        call.stores,
        wanted,
        goal_id=call.new_id("goal"),
        control_salt=call.new_salt(),
        now=call.now,
        key=_key(call),
    )
    return json_answer(202, tracking.show(goal), location("goals", goal.id))


@router.get("/v1/goals")
def page() -> dict[str, Any]:
    call = call_of(router)
    return listed(*tracking.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/goals/<goal_id>")
def show(goal_id: str) -> dict[str, Any]:
    return tracking.show(call_of(router).stores.goals.get(goal_id))


@router.patch("/v1/goals/<goal_id>")
def change(goal_id: str) -> dict[str, Any]:
    from ..services import goals
    from .models import GoalChange

    call = call_of(router)
    return tracking.show(goals.rename(call.stores, goal_id, call.body(GoalChange).name))


@router.post("/v1/goals/<goal_id>/archive")
def archive(goal_id: str) -> dict[str, Any]:
    from ..services import goals

    return tracking.show(goals.archive(call_of(router).stores, goal_id))


@router.get("/v1/goals/<goal_id>/progress")
def show_progress(goal_id: str) -> dict[str, Any]:
    return tracking.progress(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/buckets")
def show_buckets(goal_id: str) -> dict[str, Any]:
    return tracking.buckets(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/evaluation")
def show_evaluation(goal_id: str) -> dict[str, Any]:
    return quality.evaluation(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/drivers")
def show_drivers(goal_id: str) -> dict[str, Any]:
    return quality.drivers(call_of(router).stores, goal_id)


def _key(call: Call) -> IdempotencyKey | None:
    """The caller's Idempotency-Key with a fingerprint of the body it came with."""
    key = call.header("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY:
        raise InvalidInput.at(
            "Idempotency-Key", f"Idempotency-Key must have 1 to {MAX_KEY} characters"
        )
    return IdempotencyKey(key, hashlib.sha256(call.raw_body()).hexdigest())
