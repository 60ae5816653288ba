"""/v1/destinations

The service brings the clients of receivers along, so each route imports it when it runs.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from .app import call_of, json_answer
from .call import listed, location

router = Router()


@router.post("/v1/destinations")
def create() -> Response[str]:
    from ..services import destinations
    from .engaging import NewDestination

    call = call_of(router)
    wanted = call.body(NewDestination).model_dump()
    made = destinations.create(
        call.stores, wanted, call.new_id("dst"), call.random, call.now, call.caller.subject
    )
    return json_answer(201, made, location("destinations", made["id"]))


@router.get("/v1/destinations")
def page() -> dict[str, Any]:
    from ..services import destinations

    call = call_of(router)
    return listed(*destinations.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/destinations/<destination_id>")
def show(destination_id: str) -> dict[str, Any]:
    from ..services import destinations

    return destinations.show(call_of(router).stores, destination_id)


@router.patch("/v1/destinations/<destination_id>")
def change(destination_id: str) -> dict[str, Any]:
    from ..services import destinations
    from .engaging import DestinationChange

    call = call_of(router)
    changes = call.body(DestinationChange).model_dump(exclude_none=True)
    return destinations.change(call.stores, destination_id, changes, call.now)


@router.delete("/v1/destinations/<destination_id>")
def delete(destination_id: str) -> Response[str]:
    from ..services import destinations

    destinations.delete(call_of(router).stores, destination_id)
    return Response(204, None, "")


@router.post("/v1/destinations/<destination_id>/rotate-secret")
def rotate_secret(destination_id: str) -> dict[str, Any]:
    from ..services import destinations
    from .engaging import SecretRotation

    call = call_of(router)
    body = call.body(SecretRotation) if call.raw_body() else SecretRotation()
    return destinations.rotate_secret(
        call.stores, destination_id, body.secret, call.random, call.now
    )


@router.post("/v1/destinations/<destination_id>/retire-secrets")
def retire_secrets(destination_id: str) -> dict[str, Any]:
    from ..services import destinations

    call = call_of(router)
    return destinations.retire_secrets(call.stores, destination_id, call.now)
