"""The single values of the language: names, strings, numbers, dates, and what each accepts.

Every type here is strict: "3" is not a number, 1 is not true, and null is never a value.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from . import limits

FIRST_DATE = date(1900, 1, 1)
LAST_DATE = date(2199, 12, 31)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

BUCKETS = ("most_likely", "moderately_likely", "least_likely")

VERSION_PARTS, VERSION_DIGITS = 6, 12
"""Of a version at most: numbers between dots, and digits of one of them."""
VERSION_PATTERN = (
    f"[0-9]{{1,{VERSION_DIGITS}}}([.][0-9]{{1,{VERSION_DIGITS}}}){{0,{VERSION_PARTS - 1}}}"
)

_UNFIT = re.compile("[\0\ud800-\udfff]")
"""DuckDB and Parquet readers differ on NUL, and a lone surrogate has no UTF-8 form."""


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("text", "must be a string")
    if not 1 <= len(value) <= longest:
        raise PydanticCustomError(
            "text_length", "must have 1 to {longest} characters", {"longest": longest}
        )
    if _UNFIT.search(value):
        raise PydanticCustomError("text_letters", "must be valid Unicode text without NUL")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "must be a number")
    # Written so that NaN fails too.
    if not abs(value) <= limits.MAX_NUMBER:
        raise PydanticCustomError(
            "number_range",
            "must lie within ±2^53, where numbers compare exactly; compare longer ones as strings",
        )
    return value


def _scalar(value: Any) -> bool | int | float | str:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        # An empty string is a value a property can have, though never a name.
        return value if value == "" else _text(value, limits.MAX_TEXT)
    if isinstance(value, int | float):
        return _number(value)
    raise PydanticCustomError("scalar", "must be a string, a number, true or false")


def _ordered(value: Any) -> int | float | str:
    if isinstance(value, bool):
        raise PydanticCustomError(
            "ordered", "must be a number, a string or an ISO date; compare true and false with eq"
        )
    return _scalar(value)


def _day(value: Any) -> date:
    if type(value) is date:
        day = value
    else:
        if not (isinstance(value, str) and _ISO_DATE.fullmatch(value)):
            raise PydanticCustomError("day", "must be an ISO date like 2026-10-31")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("day", "must be a date that the calendar has") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise PydanticCustomError("day_range", "must lie between 1900-01-01 and 2199-12-31")
    return day


def _version(value: Any) -> str:
    if not (isinstance(value, str) and re.fullmatch(VERSION_PATTERN, value)):
        raise PydanticCustomError(
            "version",
            'must be a version as a string, like "10.2": 1 to {parts} numbers between dots',
            {"parts": VERSION_PARTS},
        )
    return value


def _weekday(value: Any) -> str:
    if value not in WEEKDAYS:
        raise PydanticCustomError(
            "weekday", "must be one of {known}", {"known": ", ".join(WEEKDAYS)}
        )
    return str(value)


def _bucket(value: Any) -> str:
    if value not in BUCKETS:
        raise PydanticCustomError("bucket", "must be one of {known}", {"known": ", ".join(BUCKETS)})
    return str(value)


def _probability(value: Any) -> int | float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise PydanticCustomError("probability", "must lie from 0 to 1")
    return number


def _name(value: Any) -> str:
    return _text(value, limits.MAX_NAME)


def _long_text(value: Any) -> str:
    return _text(value, limits.MAX_TEXT)


_SCALAR_SCHEMA: dict[str, Any] = {"type": ["string", "number", "boolean"]}

Name = Annotated[
    str,
    PlainValidator(_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": limits.MAX_NAME}),
]
"""The name of an event, a property or a segment: exact, upper and lower case differ."""

Text = Annotated[
    str,
    PlainValidator(_long_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": limits.MAX_TEXT}),
]

Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]

Scalar = Annotated[
    bool | int | float | str, PlainValidator(_scalar), WithJsonSchema(_SCALAR_SCHEMA)
]

Ordered = Annotated[
    int | float | str, PlainValidator(_ordered), WithJsonSchema({"type": ["string", "number"]})
]
"""What `gt gte lt lte` compare with: a number with numbers, a string with strings and dates."""

Day = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]

Version = Annotated[
    str,
    PlainValidator(_version),
    WithJsonSchema({"type": "string", "pattern": f"^{VERSION_PATTERN}$"}),
]
"""Numbers between dots, compared one by one; a part that is missing counts as 0."""

Weekday = Annotated[
    str, PlainValidator(_weekday), WithJsonSchema({"type": "string", "enum": list(WEEKDAYS)})
]

BucketName = Annotated[
    str, PlainValidator(_bucket), WithJsonSchema({"type": "string", "enum": list(BUCKETS)})
]

Probability = Annotated[
    int | float,
    PlainValidator(_probability),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1}),
]

Times = Annotated[int, Field(strict=True, ge=0, le=limits.MAX_COUNT)]
"""How often: a whole number."""
