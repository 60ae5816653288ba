"""What a night changed, as `GET /v1/goals/{goal_id}/changes` answers it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from .outlooks import Answer, ArmName, BucketName

Now = Literal[BucketName, "achieved", "lost"]
Before = Literal["outside", Now]


class Changes(Answer):
    """Members by where they were the night before (`outside`: before day 0) and where they are with
    the night of `date`. Who stayed is on the diagonal; `changed` counts the others."""

    goal_id: str
    date: date
    direction: Literal["maximize", "minimize"]
    users: int
    changed: int
    matrix: dict[Before, dict[Now, int]]


class ChangedUser(Answer):
    """A member whose standing changed; `likelihood` is null unless still open. Control members must
    not be reached."""

    user_id: str
    came: Before = Field(alias="from")
    to: Now
    likelihood: float | None
    arm: ArmName


class ChangedUserList(Answer):
    """Members whose standing changed with a night, in a fixed random order."""

    goal_id: str
    date: date
    data: list[ChangedUser]
    has_more: bool
