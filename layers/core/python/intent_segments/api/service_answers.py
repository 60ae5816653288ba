"""Answers about the service itself: that it is there, who asks, and the gateway's own words."""

from __future__ import annotations

from typing import Literal

from .outlooks import Answer


class Health(Answer):
    """Sent as long as the API answers at all."""

    status: Literal["ok"]
    version: str


class Me(Answer):
    """`can` are the ids of the operations that the caller may use. `subject` is null where nobody
    is asked (a laptop), `role` for a token with none of the product's roles."""

    subject: str | None
    role: Literal["viewer", "marketer", "admin"] | None
    can: list[str]


class GatewayMessage(Answer):
    """What API Gateway answers by itself, as application/json: to who is not signed in (401), to
    requests that come too fast (429) and to those that take longer than 30 seconds (503)."""

    message: str
