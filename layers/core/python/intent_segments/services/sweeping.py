"""After an import: remove the files of the lake that no state of the last 7 days refers to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..goals.goal import Status
from ..lake.sweep import sweep
from ..store.stores import Stores


def sweep_replaced(stores: Stores, now: datetime, first: int | None = None) -> dict[str, Any]:
    """Remove replaced parts; {"replaced_files_removed", "sweep_problem"}. `now` is a UTC instant,
    `first` the first version that the import committed, None where it made but one.

    A goal whose set-up has not been done keeps the state that it was saved on, however old.
    """
    current = stores.head.read().manifest_key
    if current is None:
        return {"replaced_files_removed": 0, "sweep_problem": None}
    waiting = [goal for goal in stores.goals.at_work() if goal.status == Status.PREPARING]
    frozen = [goal.manifest_key for goal in waiting if goal.manifest_key is not None]
    done = sweep(stores.objects, current, frozen, now, first)
    return {"replaced_files_removed": done.removed, "sweep_problem": done.problem}
