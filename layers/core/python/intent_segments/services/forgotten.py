"""Set-ups and exports that were saved and never started: whoever saved them died before the event,
or the event was lost. Nights ask for them anew; a run that is asked for twice does its work once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ..goals.goal import Status
from ..store.runs import setup_id
from ..store.stores import Stores
from .export_runs import PREFIX

WAIT = timedelta(minutes=15)
"""What was saved longer ago should have been started: EventBridge takes seconds."""

UNDER_WAY = timedelta(days=1)
"""A run that began longer ago and has not ended never will: it was stopped, or its end is lost."""


STARTED = ("started_anew", "start_problem")
"""What an answer says of it."""


def start_forgotten(stores: Stores, now: datetime) -> dict[str, Any]:
    """Ask for the set-up of every goal, and for every export, that waits for longer than WAIT while
    no run of it is under way: {"started_anew", "start_problem"}, empty where none waits. `now` is a
    UTC instant.

    What could not be asked for waits for the next night: this one goes on.
    """
    started, problem = 0, None
    for ask in _forgotten(stores, now):
        try:
            ask()
            started += 1
        except Exception as error:  # one that waits must not cost everybody the night
            problem = type(error).__name__
    told = dict(zip(STARTED, (started, problem), strict=True))
    return told if started or problem else {}


def _forgotten(stores: Stores, now: datetime) -> Iterator[Callable[[], None]]:
    for goal in stores.goals.at_work():
        waits = goal.status == Status.PREPARING and _is_old(goal.created_at, now)
        if waits and not _under_way(stores, setup_id(goal.id), now):
            yield partial(stores.bus.goal_created, goal.id)
    for export in stores.exports.kept(now):
        waits = export.status == "preparing" and _is_old(export.created_at, now)
        if waits and not _under_way(stores, f"{PREFIX}{export.id}", now):
            yield partial(stores.bus.export_requested, export.id)


def _is_old(created_at: str, now: datetime) -> bool:
    return now - datetime.fromisoformat(created_at) > WAIT


def _under_way(stores: Stores, run_id: str, now: datetime) -> bool:
    run = stores.runs.find(run_id)
    if run is None or run.status != "running" or run.started_at is None:
        return False
    return now - datetime.fromisoformat(run.started_at) < UNDER_WAY
