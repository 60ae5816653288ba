"""The clauses of a segment definition as pydantic models; docs/segments.md explains each.

Unknown fields are refused, so nothing is accepted that `compile.py` does not evaluate.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from . import limits
from .values import Day, Name, Number, Ordered, Scalar, Text, Times


class Part(BaseModel):
    """Anything inside a definition: immutable, strict, without unknown fields or nulls."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _never_null(cls, value: Any) -> Any:
        if value is None:
            raise PydanticCustomError("null", "null is not a value; leave the field out")
        return value


class Count(Part):
    """A comparison of a number of times or days. All that is given must hold."""

    gte: Times | None = None
    gt: Times | None = None
    lte: Times | None = None
    lt: Times | None = None
    eq: Times | None = None
    ne: Times | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Count:
        if not self.model_fields_set:
            raise PydanticCustomError("empty", "needs one of gte, gt, lte, lt, eq, ne")
        return self


AT_LEAST_ONCE = Count(gte=1)
"""What `did` means when it gives no count."""


class Aggregate(Part):
    """A comparison of the sum, mean, least or greatest value of a numeric event property."""

    property: Name
    gte: Number | None = None
    gt: Number | None = None
    lte: Number | None = None
    lt: Number | None = None
    eq: Number | None = None
    ne: Number | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Aggregate:
        if self.model_fields_set == {"property"}:
            raise PydanticCustomError("empty", "needs one of gte, gt, lte, lt, eq, ne")
        return self


class Condition(Part):
    """A comparison of one event property (`where`) or one trait (`profile`).

    All that is given must hold; a missing or differently typed value makes any comparison false.
    """

    property: Name
    eq: Scalar | None = None
    ne: Scalar | None = None
    in_: Annotated[tuple[Scalar, ...], Field(strict=False, min_length=1)] | None = Field(
        None, alias="in"
    )
    gt: Ordered | None = None
    gte: Ordered | None = None
    lt: Ordered | None = None
    lte: Ordered | None = None
    contains: Text | None = None
    starts_with: Text | None = None
    exists: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if self.model_fields_set == {"property"}:
            raise PydanticCustomError(
                "empty",
                "needs one of eq, ne, in, gt, gte, lt, lte, contains, starts_with, exists",
            )
        return self


class Within(Part):
    """The last N days, as_of's day included, or the N hours that end with as_of's day."""

    days: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_DAYS)] | None = None
    hours: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_HOURS)] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Within:
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("unit", "needs either days or hours")
        return self


class Between(Part):
    """Whole days, both included."""

    from_: Day = Field(alias="from")
    to: Day

    @model_validator(mode="after")
    def _in_order(self) -> Between:
        if self.to < self.from_:
            raise PydanticCustomError("order", "must end on or after the day it starts; swap them")
        return self


class Happening(Part):
    """One event, in a window or ever, optionally only those whose properties fit."""

    event: Name
    within: Within | None = None
    between: Between | None = None
    before: Day | None = None
    where: Annotated[
        tuple[Condition, ...], Field(strict=False, max_length=limits.MAX_CONDITIONS)
    ] = ()

    @model_validator(mode="after")
    def _one_window(self) -> Happening:
        given = sorted({"within", "between", "before"} & self.model_fields_set)
        if len(given) > 1:
            raise PydanticCustomError(
                "windows",
                "takes one window, not {given}; put two did clauses into all",
                {"given": " and ".join(given)},
            )
        return self


class FilteredEvent(Part):
    """One event of a goal, optionally only those whose properties fit."""

    event: Name
    where: Annotated[
        tuple[Condition, ...], Field(strict=False, max_length=limits.MAX_CONDITIONS)
    ] = ()


class Did(Happening):
    """Users who did the event: so often, on so many days, for so much, for the first time."""

    count: Count = AT_LEAST_ONCE
    days: Count | None = None
    first_time: Literal[True] | None = None
    sum: Aggregate | None = None
    avg: Aggregate | None = None
    min: Aggregate | None = None
    max: Aggregate | None = None


class AllOf(Part):
    all: Annotated[tuple[Clause, ...], Field(strict=False)]


class AnyOf(Part):
    any: Annotated[tuple[Clause, ...], Field(strict=False)]


class Not(Part):
    not_: Clause = Field(alias="not")


class DidClause(Part):
    did: Did


class DidNotClause(Part):
    did_not: Happening


class ProfileClause(Part):
    profile: Condition


class SegmentClause(Part):
    segment: Name


class UsersClause(Part):
    users: Annotated[tuple[Text, ...], Field(strict=False)]


KINDS = ("all", "any", "not", "did", "did_not", "profile", "segment", "users")
"""The key that says what a clause is; a clause has exactly one."""

TAG = "@"
"""Marks the step that pydantic adds to an error's path for the chosen kind of clause."""


def _kind(clause: Any) -> str | None:
    """The tag of a clause, or None when it has no or several kinds (`complaints.py` explains)."""
    if isinstance(clause, Part):
        (field,) = type(clause).model_fields
        return TAG + field.rstrip("_")
    if isinstance(clause, dict) and len(clause) == 1 and next(iter(clause)) in KINDS:
        return TAG + next(iter(clause))
    return None


Clause = Annotated[
    Annotated[AllOf, Tag("@all")]
    | Annotated[AnyOf, Tag("@any")]
    | Annotated[Not, Tag("@not")]
    | Annotated[DidClause, Tag("@did")]
    | Annotated[DidNotClause, Tag("@did_not")]
    | Annotated[ProfileClause, Tag("@profile")]
    | Annotated[SegmentClause, Tag("@segment")]
    | Annotated[UsersClause, Tag("@users")],
    Discriminator(_kind),
]

for _combiner in (AllOf, AnyOf, Not):
    _combiner.model_rebuild()


def children(clause: Any) -> tuple[Any, ...]:
    """The clauses directly inside a clause."""
    if isinstance(clause, AllOf):
        return clause.all
    if isinstance(clause, AnyOf):
        return clause.any
    if isinstance(clause, Not):
        return (clause.not_,)
    return ()


def window_of(happening: Happening) -> Within | Between | date | None:
    """The one window of a happening; a date stands for `before`; None for all history."""
    return happening.within or happening.between or happening.before
