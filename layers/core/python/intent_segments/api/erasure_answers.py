"""Erasures, as the API answers them. None of it says who the user was."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from .outlooks import Answer


class Removed(Answer):
    """What was taken out, in rows, files or definitions."""

    events: int
    traits: int
    target_groups: int
    scores: int = Field(description="Of all nights that are kept, of all goals.")
    exported: int = Field(description="Rows in files of exports.")
    landed: int = Field(description="Rows in landed files and in rows that were set aside.")
    others: int = Field(description="Rows in all other files, such as logs of who was reached.")
    definitions: int = Field(description="Segments, goals and others whose lists named the user.")
    versions: int = Field(description="Earlier versions of objects that were deleted for it.")


class Erasure(Answer):
    """A request to erase a user. From `requested_at` on nothing shows the user; `done_at` is when
    the last row and the last earlier version were gone. What is dated up to the day `through` is
    never taken in again."""

    id: str
    status: Literal["pending", "done"]
    requested_at: datetime
    requested_by: str | None
    through: date
    done_at: datetime | None
    removed: Removed | None = Field(description="Null while it is pending.")
    goals: list[str] = Field(
        description="Goals whose model had seen the user and is therefore trained again."
    )
    recoverable_until: datetime | None = Field(
        description="Until then point-in-time recovery of the DynamoDB table could bring back a "
        "definition that listed the user's id. Null while it is pending."
    )


class ErasureList(Answer):
    """Erasures, newest first."""

    data: list[Erasure]
    has_more: bool
