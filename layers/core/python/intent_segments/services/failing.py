"""A run that stopped: recorded with its reason, and with what that means for its goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..errors import Conflict, InsufficientHistory, IntentError, NotFound
from ..goals.goal import Status
from ..store.runs import Run, night_id, setup_id
from ..store.stores import Stores
from .planning import RunRequest
from .run_failures import cause_of, reason_of


def record_failure(stores: Stores, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Record why the run of {"run_id"} (or of the request that could not be planned) {"failed"};
    {"run_id", "status"}. A run that is published stays so. `now` is a UTC instant."""
    run_id = _run_id(stores, event)
    if run_id is None:
        return {"run_id": None, "status": "failed"}
    kind, _ = cause_of(event["failed"])
    reason = reason_of(event["failed"], run_id)
    is_setup = run_id.startswith("setup-")
    failed = finished(stores, run_id, "goal_setup" if is_setup else "night", "failed", now, reason)
    if failed.date is None and not is_setup:
        failed = replace(failed, date=run_id.removeprefix("night-"))
    if not stores.runs.put_unless_published(failed):
        return {"run_id": run_id, "status": "published"}
    if is_setup:
        needs_data = kind == InsufficientHistory.__name__
        wanted = Status.NEEDS_DATA if needs_data else Status.FAILED
        _fail_goal(stores, run_id.removeprefix("setup-"), wanted, reason)
    return {"run_id": run_id, "status": "failed"}


def finished(
    stores: Stores, run_id: str, kind: str, status: str, now: datetime, reason: str | None
) -> Run:
    """The run as it was begun, with its end."""
    begun = stores.runs.find(run_id) or Run(run_id, kind, None, status)
    return replace(begun, status=status, finished_at=now.isoformat(), reason=reason)


def _fail_goal(stores: Stores, goal_id: str, wanted: Status, reason: str) -> None:
    """A goal that is no longer preparing (archived, or set up by a repeat) stays as it is."""
    try:
        if stores.goals.get(goal_id).status == Status.PREPARING:
            stores.goals.step(goal_id, wanted, reason)
    except (NotFound, Conflict):
        return


def _run_id(stores: Stores, event: Mapping[str, Any]) -> str | None:
    """The run that failed; planning itself may have, so the request is read where it has to be."""
    if event.get("run_id"):
        return str(event["run_id"])
    try:
        request = RunRequest.from_event(event)
    except IntentError:
        return None
    if request.goal_id is not None:
        return setup_id(request.goal_id)
    # A night without a date that could not even be planned has no day to be recorded under.
    return None if request.date is None else night_id(request.date)
