"""/v1/engagements, and those of a goal

The services bring the kinds of destinations along, so each route imports them when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from .app import call_of, json_answer
from .call import Call, listed, location

if TYPE_CHECKING:
    from ..services.engagements import Request

router = Router()


@router.post("/v1/goals/<goal_id>/engagements")
def create(goal_id: str) -> Response[str]:
    from ..services import engagements
    from .engaging import NewEngagement

    call = call_of(router)
    wanted = engagements.Wanted(**_fields(call.body(NewEngagement)))
    made = engagements.create_on_goal(call.stores, goal_id, wanted, _request(call, goal_id))
    return json_answer(201, made, location("engagements", made["id"]))


@router.get("/v1/goals/<goal_id>/engagements")
def page_of_goal(goal_id: str) -> dict[str, Any]:
    from ..services import engagements

    call = call_of(router)
    after = call.query("starting_after")
    return listed(*engagements.page(call.stores, goal_id, call.limit(), after))


@router.post("/v1/engagements")
def create_on_segment() -> Response[str]:
    from ..services import engagements
    from .engaging import NewSegmentEngagement

    call = call_of(router)
    wanted = engagements.Wanted(**_fields(call.body(NewSegmentEngagement)))
    made = engagements.create_on_segment(call.stores, wanted, _request(call, ""))
    return json_answer(201, made, location("engagements", made["id"]))


@router.get("/v1/engagements")
def page() -> dict[str, Any]:
    from ..services import engagements

    call = call_of(router)
    return listed(*engagements.page(call.stores, None, call.limit(), call.query("starting_after")))


@router.get("/v1/engagements/<engagement_id>")
def show(engagement_id: str) -> dict[str, Any]:
    from ..services import engagements

    return engagements.show(call_of(router).stores, engagement_id)


@router.patch("/v1/engagements/<engagement_id>")
def change(engagement_id: str) -> dict[str, Any]:
    from ..services import engagements
    from .engaging import EngagementChange

    call = call_of(router)
    changes = call.body(EngagementChange).model_dump(exclude_unset=True)
    return engagements.change(call.stores, engagement_id, changes)


@router.post("/v1/engagements/<engagement_id>/stop")
def stop(engagement_id: str) -> dict[str, Any]:
    from ..services import engagements

    return engagements.stop(call_of(router).stores, engagement_id)


@router.post("/v1/engagements/<engagement_id>/clone")
def clone(engagement_id: str) -> Response[str]:
    from ..services import engagements
    from .engaging import EngagementClone

    call = call_of(router)
    body = call.body(EngagementClone) if call.raw_body() else EngagementClone()
    made = engagements.clone(
        call.stores, engagement_id, _fields(body), _request(call, engagement_id)
    )
    return json_answer(201, made, location("engagements", made["id"]))


@router.get("/v1/engagements/<engagement_id>/deliveries")
def deliveries(engagement_id: str) -> dict[str, Any]:
    from ..services import sends

    call = call_of(router)
    after = call.query("starting_after")
    return listed(*sends.deliveries(call.stores, engagement_id, call.limit(), after))


@router.get("/v1/engagements/<engagement_id>/deliveries/<send>/files/<number>")
def file(engagement_id: str, send: str, number: str) -> Response[str]:
    from ..services import sends

    url = sends.link(call_of(router).stores, engagement_id, send, number)
    # Who has the link has the users: it is for the one who asked, and not to be kept.
    return Response(302, None, "", {"Location": url, "Cache-Control": "no-store"})


@router.get("/v1/engagements/<engagement_id>/failures")
def failures(engagement_id: str) -> dict[str, Any]:
    from ..services import sends

    call = call_of(router)
    after = call.query("starting_after")
    return listed(*sends.failures(call.stores, engagement_id, call.limit(), after))


@router.post("/v1/engagements/<engagement_id>/replay")
def replay(engagement_id: str) -> Response[str]:
    from ..services import sends
    from .engaging import Replay

    call = call_of(router)
    batches = call.body(Replay).batches
    asked = sends.replay(call.stores, engagement_id, batches, call.now)
    return json_answer(202, asked, None)


def _request(call: Call, of: str) -> Request:
    from ..services.engagements import Request

    key = call.idempotency_key(of)
    return Request(call.new_id("eng"), call.now, call.caller.subject, key)


def _fields(body: Any) -> dict[str, Any]:
    """The fields of `Wanted` that a body gives."""
    given: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("name", "reference")
        if getattr(body, name) is not None
    }
    if body.destination is not None:
        given["destination_id"] = body.destination
    if body.message is not None:
        given["message"] = body.message.model_dump(exclude_none=True)
    if body.audience is not None:
        given |= body.audience.model_dump()
    if body.schedule is not None:
        given |= body.schedule.model_dump()
    return given
