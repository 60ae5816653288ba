"""Counts for the uplift of a goal as files of their own: written before the night is published, and
read only as what the published night names, by the checksum that their key holds."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..goals.effects import Effects, Followed
from ..goals.plan import Plan, PlannedGoal
from ..goals.progress import GoalTally
from ..store.objects import sealed
from ..store.stores import Stores

WORKERS = 16
"""Files at the same time: small objects whose time is all latency."""


def keep_effects(stores: Stores, plan: Plan, counted: Mapping[str, GoalTally]) -> dict[str, str]:
    """Write the counts of all groups together, carried on from the night before, one file per goal;
    goal id -> its SHA-256 in hex, none of a goal without counts. A repeat writes the same bytes to
    the same keys. Raises NotFound, CorruptObject where the counts of the night before are not what
    was published."""

    def keep(goal: PlannedGoal) -> str:
        day, before = plan.date.isoformat(), goal.compared.before
        earlier = None if before is None else _read(stores, goal.id, *before)
        followed = Followed.after(earlier, counted[goal.id].effects, day)
        body, sha256 = sealed(followed.to_json())
        stores.objects.put(effects_key(goal.id, day, sha256), body)
        return sha256

    some = [goal for goal in plan.goals if counted[goal.id].effects != Effects()]
    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip((goal.id for goal in some), pool.map(keep, some), strict=True))


def read_effects(stores: Stores, goal_id: str, night: Mapping[str, Any]) -> Followed | None:
    """The counts of a published night (GoalNight JSON); None of one from before they were kept, and
    where there is nothing to count yet. Raises CorruptObject when the file is not the night's."""
    sha256 = night.get("effects")
    return None if sha256 is None else _read(stores, goal_id, night["date"], sha256)


def effects_key(goal_id: str, day: str, sha256: str) -> str:
    """A key names what lies there, so that two runs of a night never write over each other."""
    return f"effects/{goal_id}/{day}/{sha256}.json"


def _read(stores: Stores, goal_id: str, day: str, sha256: str) -> Followed:
    return Followed.from_json(stores.objects.get_json(effects_key(goal_id, day, sha256), sha256))
