"""A run that is started again goes on where it stopped: groups whose work is done stay done.

Done is what was made for the very same task (the plan, what training decided, the segments to
count, the version of the product) and is still whole. The seal in a group's tally says both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..goals.plan import Plan
from ..store.stores import Stores
from .scoring import score_users
from .seals import SEAL, seal_of, task_of


def score_unfinished(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, int]:
    """Do the job {"plan_key", "group"} of `score_users`, unless an earlier start of the same,
    unpublished run has done it: then {"finished_before": true} comes with the group.

    A published run that is repeated repeats everything: whoever starts it wants its files back.
    """
    plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
    group = int(event["group"])
    if _is_finished(stores, plan, group):
        return {"group": group, "finished_before": True}
    return score_users(stores, event, folder)


def _is_finished(stores: Stores, plan: Plan, group: int) -> bool:
    key = plan.tally_key(group)
    # Asked by a list: without the right to list, S3 answers 403 to a key that is not there.
    if key not in stores.objects.keys(key):
        return False
    run = stores.runs.find(plan.run_id)
    if run is None or run.status == "published":
        return False
    tally = stores.objects.get_json(key)
    seal = tally.pop(SEAL, None)
    return bool(seal == seal_of(tally, task_of(stores, plan)))
