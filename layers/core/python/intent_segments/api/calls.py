"""POST /v1/track and the other calls of the Segment specification.

A write key in the request lets callers in, not the API's authorizer. Browsers call the short paths
(/v1/t), from any origin.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router

from ..calls.spec import BATCH_BYTES, KINDS, Kind
from ..services.receiving import Receiver, unzipped
from ..store.stores import Stores
from .app import call_of

router = Router()

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
"""Calls come from the customer's own pages; a write key in a page is no secret, it only writes."""

_receivers: dict[int, Receiver] = {}


def _receiver(stores: Stores) -> Receiver:
    """One per container, whose stores stay the same."""
    if id(stores) not in _receivers:
        _receivers.clear()
        _receivers[id(stores)] = Receiver(stores)
    return _receivers[id(stores)]


def _received(kind: Kind | None) -> Response[str]:
    call = call_of(router)
    body = unzipped(
        call.raw_body(BATCH_BYTES, "Send several requests."), call.header("content-encoding")
    )
    answer = _receiver(call.stores).receive(body, kind, call.header("authorization"), call.now)
    return Response(200, "application/json", json.dumps(answer), dict(ANY_ORIGIN))


def _takes(kind: Kind | None) -> Any:
    def route() -> Response[str]:
        return _received(kind)

    return route


for _kind in (*KINDS, None):
    _name = _kind or "batch"
    for _path in (f"/v1/{_name}", f"/v1/{_name[0]}"):
        router.post(_path)(_takes(_kind))
