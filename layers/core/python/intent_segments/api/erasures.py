"""/v1/erasures and DELETE /v1/users/{user_id}"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..services import erasures
from .app import call_of, json_answer
from .call import Call, listed, location

router = Router()


@router.delete("/v1/users/<user_id>")
def erase(user_id: str) -> Response[str]:
    return _erased(call_of(router), user_id)


@router.post("/v1/erasures")
def create() -> Response[str]:
    from .models import NewErasure

    call = call_of(router)
    return _erased(call, call.body(NewErasure).user_id)


@router.get("/v1/erasures")
def page() -> dict[str, Any]:
    call = call_of(router)
    return listed(*erasures.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/erasures/<erasure_id>")
def show(erasure_id: str) -> dict[str, Any]:
    return erasures.show(call_of(router).stores, erasure_id)


def _erased(call: Call, user_id: str) -> Response[str]:
    made = erasures.erase(
        call.stores,
        user_id,
        erasure_id=call.new_id("ers"),
        salt=call.new_salt(),
        now=call.now,
        caller=call.caller.subject,
    )
    return json_answer(202, made, location("erasures", made["id"]))
