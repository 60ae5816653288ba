"""How large an item is to DynamoDB (Developer Guide, "DynamoDB item sizes and formats")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_ITEM = 400 * 1024
"""Bytes of an item, its keys and the names of its attributes included."""

MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
"""Of all items of one transaction."""

_CONTAINER = 3
_ENTRY = 1


def item_bytes(item: Mapping[str, Any]) -> int:
    """Bytes of a plain item, as `codec.encode_item` takes it."""
    return sum(len(str(name).encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Any) -> int:
    """Bytes of one value: text in UTF-8; of a number half its digits and two more, 21 at most; of a
    list or map three, what is in it, and one for each entry."""
    if isinstance(value, Mapping):
        return _CONTAINER + _ENTRY * len(value) + item_bytes(value)
    if isinstance(value, list | tuple):
        return _CONTAINER + _ENTRY * len(value) + sum(map(value_bytes, value))
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float):
        digits = sum(character.isdigit() for character in repr(value))
        return min(21, (digits + 1) // 2 + 2)
    return len(str(value).encode())
