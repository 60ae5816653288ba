"""/v1/goals"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..services import changes, quality, tracking
from .app import call_of, json_answer
from .call import listed, location

router = Router()


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
        key=call.idempotency_key(),
    )
    return json_answer(202, tracking.show(call.stores, goal), location("goals", goal.id))


@router.get("/v1/goals")
def page() -> dict[str, Any]:
    call = call_of(router)
    return listed(*tracking.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/goals/<goal_id>")
def show(goal_id: str) -> dict[str, Any]:
    stores = call_of(router).stores
    return tracking.show(stores, stores.goals.get(goal_id))


@router.patch("/v1/goals/<goal_id>")
def change(goal_id: str) -> dict[str, Any]:
    from ..services import goals
    from .models import GoalChange

    call = call_of(router)
    body = call.body(GoalChange)
    changed = goals.change(call.stores, goal_id, body.name, body.metric_entries())
    return tracking.show(call.stores, changed)


@router.post("/v1/goals/<goal_id>/archive")
def archive(goal_id: str) -> dict[str, Any]:
    from ..services import goals

    stores = call_of(router).stores
    return tracking.show(stores, goals.archive(stores, goal_id))


@router.post("/v1/goals/<goal_id>/clone")
def clone(goal_id: str) -> Response[str]:
    from ..services import goals
    from .models import GoalClone

    call = call_of(router)
    body = call.body(GoalClone) if call.raw_body() else GoalClone()
    source = goals.Clone(call.stores.goals.get(goal_id), body.segment, body.changes())
    made = goals.create(
        call.stores,
        source.wanted(body.name, body.control_share),
        goal_id=call.new_id("goal"),
        control_salt=call.new_salt(),
        now=call.now,
        key=call.idempotency_key(goal_id),
    )
    return json_answer(202, tracking.show(call.stores, made), location("goals", made.id))


@router.get("/v1/goals/<goal_id>/buckets")
def show_buckets(goal_id: str) -> dict[str, Any]:
    return tracking.buckets(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/evaluation")
def show_evaluation(goal_id: str) -> dict[str, Any]:
    return quality.evaluation(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/drivers")
def show_drivers(goal_id: str) -> dict[str, Any]:
    return quality.drivers(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/signals")
def show_signals(goal_id: str) -> dict[str, Any]:
    return quality.signals(call_of(router).stores, goal_id)


@router.get("/v1/goals/<goal_id>/changes")
def show_changes(goal_id: str) -> dict[str, Any]:
    call = call_of(router)
    return changes.changes(call.stores, goal_id, call.query("date"))
