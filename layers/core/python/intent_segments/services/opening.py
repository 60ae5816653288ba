"""Which files of the bucket a job opens: the panel, one group, target groups, scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from shutil import rmtree

import numpy as np
import numpy.typing as npt

from ..goals.goal import ScoreFiles
from ..goals.plan import Plan, PlannedGoal
from ..lake.columns import read_columns
from ..lake.layout import group_of, slot_start
from ..lake.manifest import Manifest, panel_bound, read_manifest
from ..lake.reader import SingleEvents, open_lake, open_panel
from ..lake.tables import Tables
from ..segments.compile import needs_single_events, reads
from ..segments.definition import Definition, references
from ..segments.goal_event import GoalEvent, filtered
from ..store.stores import Stores


def target_key(goal_id: str, group: int) -> str:
    """The frozen target group's file of one group of users."""
    return f"targets/{goal_id}/g={group:04d}.parquet"


def score_key(goal_id: str, files: ScoreFiles, group: int) -> str:
    """One night's scores of one group of users."""
    return f"scores/{goal_id}/{files.date.isoformat()}/{files.attempt}/g={group:04d}.parquet"


def since_erasure(stores: Stores, folder: Path) -> Path:
    """Where copies of target groups and scores are kept. Nothing but an erasure writes these anew,
    so after each one there is another folder, and the older ones go."""
    kept = folder / "since-erasure"
    done = stores.erasures.current().done_key
    current = kept / ("none" if done is None else Path(done).stem)
    for older in kept.iterdir() if kept.is_dir() else ():
        if older != current:
            rmtree(older, ignore_errors=True)
    return current


def panel_tables(
    stores: Stores,
    manifest_key: str,
    definitions: Sequence[Definition],
    events: Iterable[GoalEvent],
    folder: Path,
    counted: Sequence[Definition] = (),
    as_of: date | None = None,
) -> tuple[Tables, float]:
    """The panel's tables, and its share of all users in (0, 1].

    Single events are fetched only when one of `definitions` asks for what daily counts do not
    have, or one of the goals' `events` is filtered. `counted` are definitions whose members nobody
    asks to see: user ids are left out as in `group_tables`. `as_of` is the one day that all are
    asked on, None stands for several.
    """
    manifest = read_manifest(stores.objects, manifest_key)
    wanted = tables_wanted([*definitions, *counted], events)
    by_id = _by_id(definitions, counted)
    single = single_events([*definitions, *counted], events, as_of)
    tables = open_panel(
        stores.objects,
        manifest,
        wanted,
        None,
        folder,
        single=single,
        user_ids=by_id,
        without=stores.erasures.suppressed(),
    )
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
    counted: Sequence[Definition] = (),
    as_of: date | None = None,
) -> Tables:
    """One group's tables; single events only when a definition or a goal's event needs them.

    `counted` are definitions whose members are only counted: where all are, user ids, which take
    longer to read than everything else, are left out unless one lists some. `as_of` is the one day
    that all are asked on, None stands for several; with it tables are read where they lie.
    """
    manifest = read_manifest(stores.objects, manifest_key)
    wanted = tables_wanted([*definitions, *counted], events)
    by_id = _by_id(definitions, counted)
    return open_lake(
        stores.objects,
        manifest,
        [group],
        wanted,
        None,
        folder,
        user_ids=by_id,
        single=single_events([*definitions, *counted], events, as_of),
        once=as_of is not None,
        without=stores.erasures.suppressed(),
    )


def panel_slots(stores: Stores, manifest_key: str) -> int:
    """The slot of the user hash below which everybody is in the panel."""
    return panel_bound(read_manifest(stores.objects, manifest_key).users_per_slot)


def panel_members(
    stores: Stores, plan: Plan, goal: PlannedGoal, panel: Tables, folder: Path
) -> npt.NDArray[np.int64]:
    """The panel's part of a goal's frozen target group: int64 user hashes, ascending; without the
    users whom the tables of the `panel` are without."""
    manifest: Manifest = read_manifest(stores.objects, plan.manifest_key)
    below = slot_start(panel_bound(manifest.users_per_slot))
    last = group_of(below - 1, plan.groups)
    keys = [target_key(goal.id, group) for group in range(last + 1)]
    paths = stores.objects.fetch(keys, since_erasure(stores, folder))
    members = np.concatenate([read_columns(path, ("uh",))["uh"] for path in paths])
    members = members[~np.isin(members, list(panel.without))]
    return members[members < below] if below < 2**63 else members


def _by_id(definitions: Sequence[Definition], counted: Sequence[Definition]) -> bool:
    return bool(definitions) or any(references(definition).has_user_ids for definition in counted)


def single_events(
    definitions: Sequence[Definition], events: Iterable[GoalEvent], as_of: date | None
) -> SingleEvents:
    """The single events that definitions, with referenced segments in place, and goals' events ask
    for; those of filtered goal events on any day."""
    goals = {event.event for event in events if event.where}
    asked = reads(definitions, as_of).single
    return SingleEvents((asked.names or frozenset()) | goals, None if goals else asked.days)


def tables_wanted(definitions: Sequence[Definition], events: Iterable[GoalEvent] = ()) -> set[str]:
    """The tables that definitions, with referenced segments in place, and goals' events read."""
    tables = {"activity", "users", "profiles"}
    if filtered(events) or any(needs_single_events(definition) for definition in definitions):
        tables.add("events")
    return tables
