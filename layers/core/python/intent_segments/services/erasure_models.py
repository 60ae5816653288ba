"""Models that had seen a user who is erased: those at work are flagged to be trained again, those
that nothing scores with any more are deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ..goals.goal import Goal, Status
from ..goals.retraining import flag
from ..lake import versions as lake_versions
from ..lake.calendar import local_date, to_day
from ..lake.layout import SLOTS, slot_of
from ..store import goals as goal_store
from ..store.stores import Stores
from ..store.table import Action
from .erasure_plan import ErasurePlan, Found

JOB = "models"
PUBLISHED_WITHIN = timedelta(days=1)
"""A run writes its models long before it names them; none takes that long."""
SCORING = (Status.PREPARING, Status.ACTIVE)


def flag_models(
    stores: Stores, plan: ErasurePlan, hashes: Mapping[int, int], found: Found, now: datetime
) -> None:
    """Flag the goals whose model was trained on one of the users, and write down which these are,
    by position. A flag that is there already keeps its day."""
    today = local_date(now, stores.settings.timezone)
    first = _first_days(found)
    flagged: dict[str, list[str]] = {}
    for goal in stores.goals.at_work():
        saw = [at for uh, at in hashes.items() if at in first and _saw(goal, uh, first[at])]
        for position in saw:
            flagged.setdefault(str(position), []).append(goal.id)
        if saw and goal.retrain is None:
            put = Action(
                goal_store.PK,
                goal.id,
                update="SET retrain = :flag",
                condition="attribute_exists(pk)",
                values={":flag": flag(today)},
            )
            stores.table.apply(put)
    stores.objects.put_json(plan.found_key(JOB), flagged)


def remove_unused_models(stores: Stores, now: datetime) -> None:
    """Delete the files of models that have been replaced, and of goals that are over; drivers stay
    with the goal that shows them."""
    bucket = stores.objects
    written = bucket.written("models/")
    goals = {key.split("/")[1] for key in written}
    kept = set()
    for goal_id in goals:
        item = stores.table.get(goal_store.PK, goal_id)
        goal = None if item is None else Goal.from_json(item)
        if goal is None or goal.model is None:
            continue
        kept.add(goal.model.get("drivers"))
        if goal.status in SCORING:
            folder = goal.model["key"].rpartition("/")[0]
            kept |= {f"{folder}/model.joblib", f"{folder}/manifest.json"}
    gone = {key for key, at in written.items() if key not in kept and at < now - PUBLISHED_WITHIN}
    lake_versions.remove(
        bucket,
        [v for v in lake_versions.versions(bucket, "models/") if v.key in gone],
    )


def _saw(goal: Goal, uh: int, first: int | None) -> bool:
    """Whether a goal's model was trained when the user was known and in the panel."""
    if goal.model is None:
        return False
    trained: Mapping[str, Any] = goal.model
    # Models from before the bound was kept may have been trained on everybody.
    in_panel = slot_of(uh) < trained.get("panel_bound", SLOTS)
    known = first is None or first <= to_day(date.fromisoformat(trained["as_of"]))
    return in_panel and known


def _first_days(found: Found) -> dict[int, int | None]:
    """Position -> day of the first event, None where there was none, of users who were known."""
    days: dict[int, int | None] = {}
    for _, entry in found.counts():
        for position, day in entry.get("first_day", {}).items():
            known = [d for d in (day, days.get(int(position))) if d is not None]
            days[int(position)] = min(known, default=None)
    return days
