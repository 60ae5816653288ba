"""/v1/runs and /v1/runs/{run_id}"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import runs
from .app import call_of
from .call import listed

router = Router()


@router.get("/v1/runs")
def page() -> dict[str, Any]:
    call = call_of(router)
    return listed(*runs.page(call.stores, call.limit(), call.query("starting_after")))


@router.get("/v1/runs/<run_id>")
def one(run_id: str) -> dict[str, Any]:
    return runs.one(call_of(router).stores, run_id)
