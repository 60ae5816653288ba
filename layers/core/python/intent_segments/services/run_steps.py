"""The first and the last step of a run, by what the run is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..store.stores import Stores
from .erasure_runs import finish_erasures, is_erasure, plan_erasures
from .export_runs import export_of, finish_export, plan_export
from .forgotten import start_forgotten
from .planning import RunRequest, plan_run
from .publishing import record_progress
from .send_requests import request_sends
from .send_runs import finish_send, plan_send, send_of
from .size_runs import PREFIX, finish_missing_sizes, plan_missing_sizes


def plan(stores: Stores, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Plan the set-up, night, export, send or erasures that an event asks for; returns where the
    plan is. A night without a day to close counts the segments that have no size of the last closed
    one. Every night also starts set-ups and exports that were forgotten (see `start_forgotten`).

    Raises InvalidInput for an event that asks for none, and as `plan_run`, `plan_export` and
    `plan_send` do.
    """
    if is_erasure(event):
        return plan_erasures(stores, now)
    send = send_of(event)
    if send is not None:
        return plan_send(stores, send, now)
    export_id = export_of(event)
    if export_id is not None:
        return plan_export(stores, export_id, now)
    request = RunRequest.from_event(event)
    planned = plan_run(stores, request, now)
    if planned["idle"]:
        planned = plan_missing_sizes(stores, now) or planned
    return planned | (start_forgotten(stores, now) if request.kind == "night" else {})


def finish(stores: Stores, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Publish the run {"run_id"}, or record why it {"failed"}; a published night starts its sends,
    and so does the counting of segments on a day that loads closed.
    Raises as `record_progress`, `finish_export` and `finish_send` do."""
    if is_erasure(event):
        return finish_erasures(stores, event, now)
    send = send_of(event)
    if send is not None:
        return finish_send(stores, send, event, now)
    export_id = export_of(event)
    if export_id is not None:
        return finish_export(stores, export_id, event, now)
    run_id = str(event.get("run_id") or "")
    if run_id.startswith(PREFIX):
        done = finish_missing_sizes(stores, run_id, event, now)
        if done["status"] == "published":
            request_sends(stores, date.fromisoformat(run_id.removeprefix(PREFIX)))
        return done
    done = record_progress(stores, event, now)
    if "failed" in event:
        return done
    night = run_id.removeprefix("night-")
    # Of several nights that are made good, the last one is news.
    if night != run_id and done["status"] == "published" and not done["catch_up"]:
        request_sends(stores, date.fromisoformat(night))
    return done
