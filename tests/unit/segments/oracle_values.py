"""The naive reading of single values: which comparisons a property or a trait passes."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any


def exactly(number: float) -> Fraction:
    """The number as it is written."""
    return Fraction(str(number))


def compares(wanted: dict[str, Any], value: Any, read: Any = lambda limit: limit) -> bool:
    """Whether a value of the right type passes every comparison in `wanted`."""
    checks = {
        "gte": lambda limit: value >= limit,
        "gt": lambda limit: value > limit,
        "lte": lambda limit: value <= limit,
        "lt": lambda limit: value < limit,
        "eq": lambda limit: value == limit,
        "ne": lambda limit: value != limit,
    }
    return all(checks[name](read(limit)) for name, limit in wanted.items() if name in checks)


def fits(condition: dict[str, Any], value: Any, span: Any) -> bool:
    """Whether a property or trait, None when missing, passes a condition."""
    for operator, wanted in condition.items():
        if operator in ("property", "within_last", "within_next"):
            continue
        if operator == "exists":
            passed = (value is not None) == wanted
        elif operator == "in":
            passed = any(fits_one("eq", one, value, span) for one in wanted)
        else:
            passed = fits_one(operator, wanted, value, span)
        if not passed:
            return False
    return True


def fits_one(operator: str, wanted: Any, value: Any, span: Any) -> bool:
    if isinstance(value, datetime):
        if not isinstance(wanted, str) or not is_comparison(operator):
            return False
        bounds = span(wanted)
        if bounds is None:
            return False
        start, end = bounds
        return {
            "eq": start <= value < end,
            "ne": not start <= value < end,
            "gt": value >= end,
            "gte": value >= start,
            "lt": value < start,
            "lte": value < end,
        }[operator]
    if kind_of(value) is None or kind_of(value) != kind_of(wanted):
        return False
    if operator.startswith("version_"):
        numbers = version(value), version(wanted)
        return numbers[0] is not None and compares({operator[8:]: numbers[1]}, numbers[0])
    if operator == "contains":
        return wanted in value
    if operator == "starts_with":
        return value.startswith(wanted)
    return compares({operator: wanted}, value)


def is_comparison(operator: str) -> bool:
    return operator in ("eq", "ne", "gt", "gte", "lt", "lte")


def version(text: str) -> tuple[int, ...] | None:
    """The numbers of a version without the zeros at its end; None for text that is none."""
    parts = text.split(".")
    if len(parts) > 6 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def kind_of(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else None
