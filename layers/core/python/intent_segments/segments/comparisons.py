"""What a definition compares things with: how often, how much, properties of events and traits."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from . import limits
from .values import Name, Number, Ordered, Scalar, Text, Times, Version

VERSIONS = {"version_gte": "gte", "version_gt": "gt", "version_lte": "lte", "version_lt": "lt"}
"""Comparison of two versions -> the plain comparison it makes part by part."""


def _as_accepted(schema: dict[str, Any], part: type[Part]) -> None:
    """Bring a part's JSON Schema to what is accepted: no nulls, and the part's own rules."""
    for name, field in schema.get("properties", {}).items():
        told = {key: value for key, value in field.items() if key not in ("title", "anyOf")}
        if told.get("default", ...) in (None, []):
            del told["default"]
        if isinstance(told.get("default"), dict):
            told["default"] = {k: v for k, v in told["default"].items() if v is not None}
        kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
        told |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
        schema["properties"][name] = told
    schema |= part.rules()


class Part(BaseModel):
    """Anything inside a definition: immutable, strict, without unknown fields or nulls."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
        json_schema_extra=_as_accepted,
    )

    @classmethod
    def rules(cls) -> dict[str, Any]:
        """What the fields alone do not say, as keywords of JSON Schema."""
        return {}

    @field_validator("*", mode="before")
    @classmethod
    def _never_null(cls, value: Any) -> Any:
        if value is None:
            raise PydanticCustomError("null", "null is not a value; leave the field out")
        return value


COMPARED = frozenset({"property", "goal"})
"""Fields that say what is compared, and not how."""


class Comparison(Part):
    """A part that must say something beside the name of what it compares."""

    @classmethod
    def rules(cls) -> dict[str, Any]:
        return {"minProperties": 1 + len(COMPARED & cls.model_fields.keys())}

    @model_validator(mode="after")
    def _says_something(self) -> Comparison:
        if not self.model_fields_set - COMPARED:
            ways = [f.alias or name for name, f in type(self).model_fields.items()]
            ways = [name for name in ways if name not in COMPARED]
            raise PydanticCustomError("empty", "needs one of {ways}", {"ways": ", ".join(ways)})
        return self


class Count(Comparison):
    """A comparison of a number of times or days. All that is given must hold."""

    gte: Times | None = None
    gt: Times | None = None
    lte: Times | None = None
    lt: Times | None = None
    eq: Times | None = None
    ne: Times | None = None

    @property
    def admits_none(self) -> bool:
        """Whether 0 passes."""
        return not (
            (self.gte or 0) > 0
            or self.gt is not None
            or self.lt == 0
            or (self.eq or 0) > 0
            or self.ne == 0
        )

    @property
    def only_tells_none(self) -> bool:
        """Whether all numbers but 0 are alike to it."""
        told = {name: getattr(self, name) for name in self.model_fields_set}
        return all(
            pair in {("gte", 1), ("gt", 0), ("lte", 0), ("lt", 1), ("eq", 0), ("ne", 0)}
            for pair in told.items()
        )

    @property
    def only_none(self) -> bool:
        """Whether no number but 0 can pass."""
        return self.eq == 0 or self.lte == 0 or (self.lt is not None and self.lt <= 1)


class Aggregate(Comparison):
    """A comparison of the sum, mean, least or greatest value of a numeric event property."""

    property: Name
    gte: Number | None = None
    gt: Number | None = None
    lte: Number | None = None
    lt: Number | None = None
    eq: Number | None = None
    ne: Number | None = None


class Condition(Comparison):
    """A comparison of one event property (`where`).

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
    version_gte: Version | None = None
    version_gt: Version | None = None
    version_lte: Version | None = None
    version_lt: Version | None = None


class Days(Part):
    """So many local days."""

    days: Annotated[int, Field(strict=True, ge=1, le=limits.MAX_DAYS)]


class TraitCondition(Condition):
    """A comparison of one trait (`profile`); beside those of `where`, how near a date is to as_of.

    `within_last` is the N days that end with as_of, `within_next` the N days after it.
    """

    within_last: Days | None = None
    within_next: Days | None = None
