"""What the tracking API answers, and the keys that let callers in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

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
