"""The states of a goal: which may follow which, who causes it, and what it is told as.

`STEPS` is the whole diagram. Every writer of a goal goes through `check_step`, and every change of
state is conditional on the state before it, so that what is not in the table cannot happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ..errors import Conflict


class Status(StrEnum):
    """Where a goal is in its life. The first three fill a place of the account's limit."""

    PREPARING = "preparing"
    ACTIVE = "active"
    NEEDS_DATA = "needs_data"
    FAILED = "failed"
    ENDED = "ended"
    ARCHIVED = "archived"

    @property
    def holds_a_place(self) -> bool:
        return self in (Status.PREPARING, Status.ACTIVE, Status.NEEDS_DATA)


class Cause(StrEnum):
    """Who brings a goal into a state."""

    OWNER = "owner"
    SET_UP = "set-up"
    NIGHT = "night"


@dataclass(frozen=True)
class Step:
    """A change of state; `before` is None where a goal comes into being."""

    before: Status | None
    after: Status
    cause: Cause
    when: str


STEPS: tuple[Step, ...] = (
    Step(None, Status.PREPARING, Cause.OWNER, "it is saved, and a place is free for it"),
    Step(Status.PREPARING, Status.ACTIVE, Cause.SET_UP, "model and target group are published"),
    Step(Status.PREPARING, Status.NEEDS_DATA, Cause.SET_UP, "history cannot carry its forecast"),
    Step(Status.PREPARING, Status.FAILED, Cause.SET_UP, "the set-up stopped, or never started"),
    Step(Status.PREPARING, Status.ARCHIVED, Cause.OWNER, "it is archived"),
    Step(Status.ACTIVE, Status.ENDED, Cause.NIGHT, "the night of ends_on is published"),
    Step(Status.ACTIVE, Status.ARCHIVED, Cause.OWNER, "it is archived"),
    # Nobody can be scored without data, yet the period passes all the same.
    Step(Status.NEEDS_DATA, Status.ENDED, Cause.NIGHT, "the night of ends_on is published"),
    Step(Status.NEEDS_DATA, Status.ARCHIVED, Cause.OWNER, "it is archived"),
    Step(Status.FAILED, Status.ARCHIVED, Cause.OWNER, "it is archived"),
    Step(Status.ENDED, Status.ARCHIVED, Cause.OWNER, "it is archived"),
)
"""Every change of state there is. No goal without a place ever takes one again, so that the limit
is checked when a goal is saved and at no other time."""

NEXT: Mapping[Status, frozenset[Status]] = {
    present: frozenset(step.after for step in STEPS if step.before == present) for present in Status
}
"""The states that may follow each state."""


def check_step(present: Status, wanted: Status) -> None:
    """Raises Conflict unless `wanted` may follow `present`."""
    if wanted not in NEXT[present]:
        after = ", ".join(sorted(NEXT[present])) or "nothing: this state is final"
        raise Conflict(f"A goal that is {present} cannot become {wanted}; what can follow: {after}")


def ended_reason(ends_on: date, before: str | None) -> str:
    """Why a goal is `ended`; `before` is its reason so far, kept since it says why there is no
    result of a goal that needed data to its last day."""
    over = f"Its last day, {ends_on}, is closed."
    return over if before is None else f"{over} Before that: {before}"


def archived_reason(present: Status, before: str | None) -> str:
    """Why a goal that was `present` is `archived`, with the reason that it had then."""
    by = f"Archived by its owner; it was {present}."
    return by if before is None else f"{by} {before}"


def days_left(status: Status, ends_on: date | None, watermark: date) -> int | None:
    """Days of the period that no night has closed yet; 0 when it is over. None for a goal without
    end, and for one that stopped before its end."""
    if ends_on is None or status in (Status.FAILED, Status.ARCHIVED):
        return None
    return 0 if status == Status.ENDED else max((ends_on - watermark).days, 0)
