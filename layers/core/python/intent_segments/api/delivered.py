"""Answers about destinations and what was sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from .engaging import DestinationKind
from .outlooks import Answer


class Destination(Answer):
    """Where an engagement can send. Of a webhook's `settings` the URL is shown as far as it holds
    no token, and how many secrets sign. A disabled destination is sent nothing; `reason` says why
    it is."""

    id: str
    name: str
    kind: DestinationKind
    settings: dict[str, Any]
    enabled: bool
    reason: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime


class DestinationSecret(Destination):
    """A destination whose signing secret was just made: shown now and never again. Null where the
    caller brought secrets, or nothing is signed."""

    secret: str | None


class DestinationList(Answer):
    """Destinations in the order they were made."""

    data: list[Destination]
    has_more: bool


class DestinationTested(Answer):
    """What came of one message, tried once. `unknown`: it went out and no answer came."""

    destination_id: str
    message_id: str
    status: Literal["sent", "failed", "unknown"]
    last_status: int | None = Field(description="The HTTP status of the answer.")
    reason: str | None
