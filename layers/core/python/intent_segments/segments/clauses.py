"""The clauses of a segment definition as pydantic models; docs/segments.md explains each.

Unknown fields are refused, so nothing is accepted that `compiler.py` does not evaluate.
"""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from . import limits
from .comparisons import Aggregate, Comparison, Condition, Count, Part, TraitCondition
from .values import BucketName, Day, Name, Probability, Text, Weekday

WindowedPart = TypeVar("WindowedPart", bound=Part)

AT_LEAST_ONCE = Count(gte=1)
"""What `did` means when it gives no count."""


class Within(Part):
    """The last N days, as_of's day included, or the N hours that end with as_of's day."""

    days: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_DAYS)] | None = None
    hours: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_HOURS)] | None = None

    @classmethod
    def rules(cls) -> dict[str, Any]:
        return {"minProperties": 1, "maxProperties": 1}

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


class Hours(Part):
    """Hours of the local day: `from` included, `to` excluded; over midnight when `to` is less."""

    from_: Annotated[int, Field(strict=True, ge=0, le=23)] = Field(alias="from")
    to: Annotated[int, Field(strict=True, ge=0, le=24)]

    @model_validator(mode="after")
    def _some_hours(self) -> Hours:
        if self.from_ == self.to:
            raise PydanticCustomError(
                "hours", "must differ: from is included, to is not; 0 to 24 is the whole day"
            )
        return self


class On(Comparison):
    """Days of the week and hours of the day, both local; all that is given must hold."""

    weekdays: Annotated[tuple[Weekday, ...], Field(strict=False, min_length=1)] | None = None
    hours: Hours | None = None


WINDOWS = ("within", "between", "before")
ONE_WINDOW = {"not": {"anyOf": [{"required": list(pair)} for pair in combinations(WINDOWS, 2)]}}


def one_window(part: WindowedPart) -> WindowedPart:
    """Refuses two windows in one clause."""
    given = [name for name in WINDOWS if name in part.model_fields_set]
    if len(given) > 1:
        raise PydanticCustomError(
            "windows",
            "takes one window, not {given}; put two clauses into all",
            {"given": " and ".join(given)},
        )
    return part


class Happening(Part):
    """One event, in a window or ever, optionally only those whose time and properties fit."""

    event: Name
    within: Within | None = None
    between: Between | None = None
    before: Day | None = None
    on: On | None = None
    where: Annotated[
        tuple[Condition, ...], Field(strict=False, max_length=limits.MAX_CONDITIONS)
    ] = ()

    _one_window = model_validator(mode="after")(one_window)

    @classmethod
    def rules(cls) -> dict[str, Any]:
        return ONE_WINDOW


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

    @model_validator(mode="after")
    def _of_some(self) -> Did:
        of_some = [n for n in ("first_time", "sum", "avg", "min", "max") if getattr(self, n)]
        if of_some and self.count.only_none:
            raise PydanticCustomError(
                "of_none",
                "count asks for none of the events and {given} for some, which nobody can have; "
                "leave one of them out",
                {"given": " and ".join(of_some)},
            )
        return self


class Step(Part):
    """One event of a sequence, at most so much later than the step before it."""

    event: Name
    within: Within | None = None
    where: Annotated[
        tuple[Condition, ...], Field(strict=False, max_length=limits.MAX_CONDITIONS)
    ] = ()


class InBucket(Part):
    """Open members of a goal who are in one of these buckets."""

    goal: Name
    in_: Annotated[tuple[BucketName, ...], Field(strict=False, min_length=1)] = Field(alias="in")


class Likelihood(Comparison):
    """Open members of a goal by their likelihood of achieving it. All that is given must hold."""

    goal: Name
    gte: Probability | None = None
    gt: Probability | None = None
    lte: Probability | None = None
    lt: Probability | None = None
    top_percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None


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
    profile: TraitCondition


class SequenceClause(Part):
    """Steps in this order, all of them in the window where one is given."""

    sequence: Annotated[
        tuple[Step, ...],
        Field(strict=False, min_length=limits.MIN_STEPS, max_length=limits.MAX_STEPS),
    ]
    within: Within | None = None
    between: Between | None = None
    before: Day | None = None

    _one_window = model_validator(mode="after")(one_window)

    @classmethod
    def rules(cls) -> dict[str, Any]:
        return ONE_WINDOW

    @model_validator(mode="after")
    def _first_step_has_none_before(self) -> SequenceClause:
        if self.sequence[0].within is not None:
            raise PydanticCustomError(
                "first_step",
                "the first step has no step before it: leave its within out, or put within "
                "beside sequence to bound all steps",
            )
        return self


class BucketClause(Part):
    bucket: InBucket


class LikelihoodClause(Part):
    likelihood: Likelihood


class SegmentClause(Part):
    segment: Name


class UsersClause(Part):
    users: Annotated[tuple[Text, ...], Field(strict=False)]


KINDS = (
    *("all", "any", "not", "did", "did_not", "sequence", "profile"),
    *("bucket", "likelihood", "segment", "users"),
)
"""The key that says what a clause is; a clause has exactly one."""

TAG = "@"
"""Marks the step that pydantic adds to an error's path for the chosen kind of clause."""


def _kind(clause: Any) -> str | None:
    """The tag of a clause, or None when it has no or several kinds (`complaints.py` explains)."""
    if isinstance(clause, Part):
        return TAG + next(iter(type(clause).model_fields)).rstrip("_")
    if not isinstance(clause, dict):
        return None
    kinds = [key for key in clause if key in KINDS]
    # A sequence has its window beside it.
    alone = len(clause) == 1 or kinds == ["sequence"]
    return TAG + kinds[0] if len(kinds) == 1 and alone else None


Clause = Annotated[
    Annotated[AllOf, Tag("@all")]
    | Annotated[AnyOf, Tag("@any")]
    | Annotated[Not, Tag("@not")]
    | Annotated[DidClause, Tag("@did")]
    | Annotated[DidNotClause, Tag("@did_not")]
    | Annotated[SequenceClause, Tag("@sequence")]
    | Annotated[ProfileClause, Tag("@profile")]
    | Annotated[BucketClause, Tag("@bucket")]
    | Annotated[LikelihoodClause, Tag("@likelihood")]
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


def window_of(happening: Happening | SequenceClause) -> Within | Between | date | None:
    """The one window of a clause; a date stands for `before`; None for all history."""
    return happening.within or happening.between or happening.before
