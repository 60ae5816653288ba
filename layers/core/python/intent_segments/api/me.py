"""/v1/me"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from .app import call_of

router = Router()


@router.get("/v1/me")
def show() -> dict[str, Any]:
    caller = call_of(router).caller
    return {"subject": caller.subject, "role": caller.role, "can": caller.operations()}
