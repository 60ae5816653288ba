"""Users whom a definition names one by one, `{"users": [id, …]}`, taken out of it.

Works on the JSON, so that a definition can be shown without loading the language.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..lake.layout import user_hash


def lists_users(definition: Mapping[str, Any]) -> bool:
    """Whether a clause lists user ids."""
    inner = [*definition.get("all", ()), *definition.get("any", ())]
    if "not" in definition:
        inner.append(definition["not"])
    return "users" in definition or any(map(lists_users, inner))


def without_users(definition: Mapping[str, Any], hashes: Collection[int]) -> dict[str, Any]:
    """The definition with the ids of these user hashes taken out of its lists; a list that is empty
    then holds nobody."""
    written = dict(definition)
    for kind in ("all", "any"):
        if kind in written:
            written[kind] = [without_users(inner, hashes) for inner in written[kind]]
    if "not" in written:
        written["not"] = without_users(written["not"], hashes)
    if "users" in written:
        written["users"] = [user for user in written["users"] if user_hash(user) not in hashes]
    return written
