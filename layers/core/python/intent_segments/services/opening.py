"""Which files of the bucket a job opens: the panel, one group, target groups, scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..goals.goal import ScoreFiles
from ..goals.plan import PlannedGoal
from ..lake.columns import read_columns
from ..lake.layout import group_of, slot_start
from ..lake.manifest import Manifest, panel_bound, read_manifest
from ..lake.reader import open_lake, open_panel
from ..lake.tables import Tables
from ..segments.compile import needs_single_events
from ..segments.definition import Definition
from ..segments.goal_event import GoalEvent, filtered
from ..store.stores import Stores


def target_key(goal_id: str, group: int) -> str:
    """The frozen target group's file of one group of users."""
    return f"targets/{goal_id}/g={group:04d}.parquet"


def score_key(goal_id: str, files: ScoreFiles, group: int) -> str:
    """One night's scores of one group of users."""
    return f"scores/{goal_id}/{files.date.isoformat()}/{files.attempt}/g={group:04d}.parquet"


def panel_tables(
    stores: Stores,
    manifest_key: str,
    definitions: Sequence[Definition],
    events: Iterable[GoalEvent],
    folder: Path,
) -> tuple[Tables, float]:
    """The panel's tables, and its share of all users in (0, 1].

    Single events are fetched only when one of `definitions` asks for what daily counts do not
    have, or one of the goals' `events` is filtered.
    """
    manifest = read_manifest(stores.objects, manifest_key)
    wanted = _wanted(definitions, events)
    tables = open_panel(stores.objects, manifest, wanted, None, folder)
    bound = panel_bound(manifest.users_per_slot)
    share = sum(manifest.users_per_slot[:bound]) / max(manifest.users, 1)
    return tables, share if share > 0 else 1.0


def group_tables(
    stores: Stores,
    manifest_key: str,
    group: int,
    definitions: Sequence[Definition],
    events: Iterable[GoalEvent],
    folder: Path,
) -> Tables:
    """One group's tables; single events only when a definition or a goal's event needs them."""
    manifest = read_manifest(stores.objects, manifest_key)
    wanted = _wanted(definitions, events)
    return open_lake(
        stores.objects, manifest, [group], wanted, None, folder, user_ids=bool(definitions)
    )


def panel_members(
    stores: Stores, manifest_key: str, goal: PlannedGoal, groups: int, folder: Path
) -> npt.NDArray[np.int64]:
    """The panel's part of a goal's frozen target group: int64 user hashes, ascending."""
    manifest: Manifest = read_manifest(stores.objects, manifest_key)
    below = slot_start(panel_bound(manifest.users_per_slot))
    last = group_of(below - 1, groups)
    keys = [target_key(goal.id, group) for group in range(last + 1)]
    parts = [read_columns(path, ("uh",))["uh"] for path in stores.objects.fetch(keys, folder)]
    members = np.concatenate(parts)
    return members[members < below] if below < 2**63 else members


def _wanted(definitions: Sequence[Definition], events: Iterable[GoalEvent]) -> set[str]:
    tables = {"activity", "users", "profiles"}
    if filtered(events) or any(needs_single_events(definition) for definition in definitions):
        tables.add("events")
    return tables
