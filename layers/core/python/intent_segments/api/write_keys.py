"""/v1/write-keys, and /v1/roll-ups: what became of the calls that they let in"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..services import write_keys
from ..store.write_keys import KEY_BYTES
from .app import call_of, json_answer
from .call import listed, location

router = Router()


@router.post("/v1/write-keys")
def create() -> Response[str]:
    from .models import NewWriteKey

    call = call_of(router)
    body = call.body(NewWriteKey)
    random = call.random(KEY_BYTES)
    made = write_keys.create(call.stores, body.name, random, call.now, call.caller.subject)
    return json_answer(201, made, location("write-keys", made["id"]))


@router.get("/v1/write-keys")
def page() -> dict[str, Any]:
    call = call_of(router)
    return listed(*write_keys.page(call.stores, call.limit(), call.query("starting_after")))


@router.delete("/v1/write-keys/<key_id>")
def revoke(key_id: str) -> Response[str]:
    write_keys.revoke(call_of(router).stores, key_id)
    return Response(204, None, "")


@router.get("/v1/roll-ups")
def roll_ups() -> dict[str, Any]:
    call = call_of(router)
    return listed(*call.stores.roll_ups.page(call.limit(), call.query("starting_after")))
