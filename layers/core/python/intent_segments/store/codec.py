"""Python values to DynamoDB attribute values and back.

Numbers travel as text, so integers and floats survive exactly and no Decimal leaves this module.
DynamoDB normalises numbers (`1.0` comes back as `1`): a float without a fraction returns as int.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

MAX_NUMBER = 10**38
"""DynamoDB keeps 38 significant digits of a number (its documented limit)."""

LEAST_NUMBER = 1e-130
"""DynamoDB refuses a number that is nearer to 0 and not 0 (its documented limit)."""


def encode(value: Any) -> dict[str, Any]:
    """One value as an attribute value. Dates and times become ISO text, tuples become lists, and a
    number nearer to 0 than LEAST_NUMBER becomes 0.

    Raises TypeError for a type without a stored form, ValueError for NaN and infinities.
    """
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": _number(value)}
    if isinstance(value, float):
        return {"N": _number(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, datetime | date):
        return {"S": value.isoformat()}
    if isinstance(value, Mapping):
        return {"M": encode_item(value)}
    if isinstance(value, list | tuple):
        return {"L": [encode(entry) for entry in value]}
    raise TypeError(f"{type(value).__name__} has no stored form")


def decode(value: Mapping[str, Any]) -> Any:
    """The Python value of one attribute value."""
    [(kind, content)] = value.items()
    if kind == "NULL":
        return None
    if kind in ("BOOL", "S"):
        return content
    if kind == "N":
        return float(content) if set(content) & set(".eE") else int(content)
    if kind == "M":
        return decode_item(content)
    if kind == "L":
        return [decode(entry) for entry in content]
    raise TypeError(f"attribute type {kind} is not used by this table")


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item; keys must be text."""
    return {str(key): encode(value) for key, value in item.items()}


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item as a plain dict."""
    return {key: decode(value) for key, value in item.items()}


def _number(value: int | float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} cannot be stored: DynamoDB has no such number")
    if abs(value) >= MAX_NUMBER:
        raise ValueError(f"{value} has more digits than DynamoDB keeps")
    if abs(value) < LEAST_NUMBER:
        return "0"
    return repr(value)
