"""The catalogue of signals: what the models of an account were made from, over all its goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from ..goals.goal import Goal
from ..store.stores import Stores


def page(
    stores: Stores, limit: int, after: str | None = None, prefix: str = ""
) -> tuple[list[dict[str, Any]], bool]:
    """Events, traits and the like by the most that any model loses without them, and then those
    that are in none; whether more follow. Of the goals at work; a model from before signals were
    kept is passed over.

    `prefix` keeps names that begin with it, upper or lower case; the page begins behind the id
    `after`. Raises InvalidInput for an `after` that is none.
    """
    found = _of_all(stores)
    known = [entry["id"] for entry in found]
    if after is not None and after not in known:
        raise InvalidInput.at(
            "starting_after",
            f"starting_after must be an id of this list, not {after!r}; take the last one of the "
            "page before.",
        )
    begin = 0 if after is None else known.index(after) + 1
    wanted = [
        entry for entry in found[begin:] if entry["name"].casefold().startswith(prefix.casefold())
    ]
    return wanted[:limit], len(wanted) > limit


def _of_all(stores: Stores) -> list[dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for goal in stores.goals.at_work():
        if goal.model is None or "drivers" not in goal.model:
            continue
        document = stores.objects.get_json(goal.model["drivers"])
        for source in document.get("signals", ()):
            key = f"{source['kind']}:{source['name']}"
            new = {"id": key, "kind": source["kind"], "name": source["name"], "models": []}
            entry = entries.setdefault(key, new)
            entry["models"].append(_use(goal, document, source))
    return sorted(
        entries.values(), key=lambda entry: (-_weight(entry), entry["kind"], entry["name"])
    )


def _use(goal: Goal, document: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    assert goal.model is not None
    return {
        "goal_id": goal.id,
        "model_version": goal.model["version"],
        "as_of": document["as_of"],
        "signals": source["signals"],
        "left_out": source["left_out"],
        "importance": source["importance"],
    }


def _weight(entry: Mapping[str, Any]) -> float:
    """The greatest importance; below all of them where it is in no model."""
    used = [use["importance"] or 0.0 for use in entry["models"] if use["signals"]]
    return max(used, default=-1e9)
