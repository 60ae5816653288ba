"""Counts for the uplift of a goal as files of their own: written before the night is published, and
read only as what the published night names, by the checksum that their key holds."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from ..goals.effects import Effects
from ..goals.progress import GoalTally
from ..store.objects import sealed
from ..store.stores import Stores

WRITERS = 16
"""Files written at the same time: small objects whose time is all latency."""


def keep_effects(stores: Stores, day: date, counted: Mapping[str, GoalTally]) -> dict[str, str]:
    """Write the counts of all groups together, one file per goal; goal id -> its SHA-256 in hex,
    none of a goal without counts. A repeat writes the same bytes to the same keys."""

    def keep(goal_id: str, effects: Effects) -> str:
        body, sha256 = sealed(effects.to_json())
        stores.objects.put(effects_key(goal_id, day.isoformat(), sha256), body)
        return sha256

    all_ = {goal_id: tally.effects for goal_id, tally in counted.items()}
    some = {goal_id: effects for goal_id, effects in all_.items() if effects != Effects()}
    with ThreadPoolExecutor(WRITERS) as pool:
        return dict(zip(some, pool.map(keep, some.keys(), some.values()), strict=True))


def read_effects(stores: Stores, goal_id: str, night: Mapping[str, Any]) -> Effects | None:
    """The counts of a published night (GoalNight JSON); None of one from before they were kept, and
    where there is nothing to count yet. Raises CorruptObject when the file is not the night's."""
    sha256 = night.get("effects")
    if sha256 is None:
        return None
    key = effects_key(goal_id, night["date"], sha256)
    return Effects.from_json(stores.objects.get_json(key, sha256))


def effects_key(goal_id: str, day: str, sha256: str) -> str:
    """A key names what lies there, so that two runs of a night never write over each other."""
    return f"effects/{goal_id}/{day}/{sha256}.json"
