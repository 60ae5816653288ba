"""Calls of the Segment specification, as the API documents them.

They are read by `calls/request.py`, which is faster than a model and takes what the specification
has besides: so these stand in the OpenAPI document alone, and allow further fields.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..calls.spec import BATCH_CALLS


class Call(BaseModel):
    """What all calls share: a userId or an anonymousId, and when it happened."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    message_id: str | None = Field(
        default=None, description="By this a call that comes twice counts once."
    )
    timestamp: datetime | None = None
    sent_at: datetime | None = Field(
        default=None, description="By the client's clock, which is put right by it."
    )
    context: dict[str, Any] | None = None
    write_key: str | None = Field(
        default=None, description="Where it is not the user name of basic authorization."
    )


class TrackCall(Call):
    """What a user did: an event."""

    event: str
    properties: dict[str, Any] | None = None


class IdentifyCall(Call):
    """Traits of a user, which hold from the day of the call."""

    traits: dict[str, Any] | None = None


class PageCall(Call):
    """A page or screen that a user looked at."""

    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None


class GroupCall(Call):
    """A group that a user belongs to, with traits of the group."""

    group_id: str | int
    traits: dict[str, Any] | None = None


class AliasCall(Call):
    """Another id that a user had before."""

    previous_id: str | int
    user_id: str | int


class BatchedCall(Call):
    """Any call, with its kind."""

    type: Literal["track", "identify", "page", "screen", "group", "alias"]


class CallBatch(BaseModel):
    """Several calls; `context` goes for all of them, theirs goes first."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    batch: list[BatchedCall] = Field(max_length=BATCH_CALLS)
    sent_at: datetime | None = None
    context: dict[str, Any] | None = None
    write_key: str | None = None
