"""/v1/exports, and what starts them"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..services import exports
from .app import call_of, json_answer
from .call import Call, listed, location

router = Router()


@router.post("/v1/segments/<segment_id>/exports")
def of_segment(segment_id: str) -> Response[str]:
    from .models import SegmentExport

    call = call_of(router)
    body = call.body(SegmentExport)
    wanted = _wanted(call, body.format, body.traits, segment_id)
    made = exports.of_segment(call.stores, segment_id, body.as_of, wanted)
    return json_answer(202, made, location("exports", made["id"]))


@router.post("/v1/goals/<goal_id>/exports")
def of_goal(goal_id: str) -> Response[str]:
    from .models import GoalExport

    call = call_of(router)
    body = call.body(GoalExport)
    wanted = _wanted(call, body.format, body.traits, goal_id)
    made = exports.of_goal(call.stores, goal_id, body.buckets, body.include_control, wanted)
    return json_answer(202, made, location("exports", made["id"]))


@router.get("/v1/exports")
def page() -> dict[str, Any]:
    call = call_of(router)
    after = call.query("starting_after")
    return listed(*exports.page(call.stores, call.limit(), after, call.now))


@router.get("/v1/exports/<export_id>")
def show(export_id: str) -> dict[str, Any]:
    call = call_of(router)
    return exports.show(call.stores, export_id, call.now)


@router.get("/v1/exports/<export_id>/files/<number>")
def file(export_id: str, number: str) -> Response[str]:
    call = call_of(router)
    url = exports.link(call.stores, export_id, number, call.now)
    # Who has the link has the users: it is for the one who asked, and not to be kept.
    return Response(302, None, "", {"Location": url, "Cache-Control": "no-store"})


def _wanted(call: Call, form: str, traits: list[str], of: str) -> exports.Wanted:
    return exports.Wanted(
        export_id=call.new_id("exp"),
        format=form,
        traits=traits,
        now=call.now,
        caller=call.caller.subject,
        key=call.idempotency_key(of),
    )
