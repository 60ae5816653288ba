"""What the tracking API answers, and the keys that let callers in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from .outlooks import Answer


class RefusedCall(Answer):
    """A call of a batch that cannot be used: its place, the field at fault, and what to do."""

    index: int
    field: str
    message: str


class CallsTaken(Answer):
    """The calls are stored. `accepted` and `refused` are there where some cannot be used; those
    are kept as they came, with the reason."""

    success: Literal[True]
    accepted: int | None = None
    refused: list[RefusedCall] | None = Field(default=None, description="The first 100.")


class WriteKey(Answer):
    """A key without the key itself."""

    id: str
    name: str
    created_at: datetime
    created_by: str | None


class WriteKeyMade(WriteKey):
    """`write_key` is shown this once."""

    write_key: str


class WriteKeyList(Answer):
    """Write keys."""

    data: list[WriteKey]
    has_more: bool


class RollUp(Answer):
    """One roll-up. `rows_read` are events, traits and links; `duplicates` were known already;
    `set_aside` counts events by the reason for which the lake did not take them; files that are
    `left` are for the next one, and those `unreadable` lie in the bucket under these keys."""

    id: str
    ended_at: datetime
    seconds: float
    files: int
    rows_read: int
    added: int
    duplicates: int
    set_aside: dict[str, int]
    left: int
    unreadable: list[str]
    version: int | None
    watermark: date | None


class RollUpList(Answer):
    """Roll-ups, newest first."""

    data: list[RollUp]
    has_more: bool


class CallSetAside(Answer):
    """A call that could not be used: when it came, the field at fault, what to do, and the call; of
    one with more than 131,072 characters the first ones, as text."""

    id: str
    at: datetime
    field: str
    message: str
    call: Any


class RefusedCallList(Answer):
    """Refused calls of one day, those of the newest hour first."""

    data: list[CallSetAside]
    has_more: bool
