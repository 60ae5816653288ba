"""/v1/account"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from ..services import account
from .app import call_of

router = Router()


@router.get("/v1/account")
def show() -> dict[str, Any]:
    call = call_of(router)
    return account.show(call.stores, call.new_salt())


@router.patch("/v1/account")
def change() -> dict[str, Any]:
    from .models import AccountChange

    call = call_of(router)
    changes = call.body(AccountChange).model_dump(exclude_none=True)
    return account.change(call.stores, changes, call.new_salt(), call.now)
