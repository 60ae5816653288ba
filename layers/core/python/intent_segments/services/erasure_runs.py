"""The run behind erasures: all that are pending are one run. Planned, found and taken out group by
group, committed, and only then called done.

It shares the state machine of nights. Nothing but its list of users decides what it does, so it can
be killed and started again at any point.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..errors import Raced
from ..lake import versions as lake_versions
from ..lake.layout import group_of
from ..store.erasures import Hidden
from ..store.runs import Run
from ..store.stores import Stores
from .erasure_plan import LANDED, PREFIX, ErasurePlan
from .run_failures import reason_of

KIND = "erasure"


def is_erasure(event: Mapping[str, Any]) -> bool:
    """Whether a run's event is about erasures."""
    return event.get("kind") == KIND or str(event.get("run_id") or "").startswith(PREFIX)


def plan_erasures(stores: Stores, now: datetime) -> dict[str, Any]:
    """Write the plan and the list of jobs for the erasures that have settled; returns where they
    are, as `planning.plan_run` does, with "erases". Nothing to do is `idle`.

    An erasure has settled when whatever was being read or written at its moment has ended, so that
    nothing can bring the user back behind the run.
    """
    settled = now - timedelta(minutes=stores.settings.erasure_delay)
    listed = stores.erasures.current()
    if listed.closing is not None:
        # A run was stopped for good when its users were erased and it had still to tidy up.
        return _planned(stores, listed.closing) | {"closes": True}
    chosen = [h for h in listed.pending if datetime.fromisoformat(h.requested_at) <= settled]
    if not chosen:
        return {
            "run_id": None,
            "plan_key": None,
            "bucket": stores.settings.bucket,
            "shards_key": None,
            "has_work": False,
            "idle": True,
            "catch_up": False,
        }
    assert listed.pending_key is not None  # somebody is pending
    plan = _written(stores, _plan(stores, chosen, listed.pending_key))
    landed = {
        version.key
        for folder in LANDED
        for version in lake_versions.versions(stores.objects, folder)
        if not version.key.endswith("/")
    }
    groups = sorted({group_of(h.uh, plan.groups) for h in chosen})
    job: dict[str, Any] = {"run_id": plan.run_id, "plan_key": plan.plan_key}
    shards = [job | {"group": group} for group in groups]
    shards += [job | {"key": key} for key in sorted(landed)]
    stores.objects.put_json(plan.shards_key, shards)
    run = stores.runs.find(plan.run_id) or Run(plan.run_id, KIND, None, "running")
    begun = replace(run, status="running", started_at=now.isoformat(), plan_key=plan.plan_key)
    stores.runs.put_unless_published(begun)
    return _planned(stores, plan.plan_key)


def _planned(stores: Stores, plan_key: str) -> dict[str, Any]:
    folder = plan_key.removesuffix("plan.json")
    return {
        "run_id": folder.split("/")[1],
        "plan_key": plan_key,
        "bucket": stores.settings.bucket,
        "shards_key": f"{folder}shards.json",
        "has_work": True,
        "erases": True,
        "idle": False,
        "catch_up": False,
    }


def finish_erasures(stores: Stores, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Record that the run is over, or why it {"failed"}: then its users stay hidden, and the next
    run goes on with them."""
    run_id = str(event.get("run_id") or "")
    done = {"run_id": run_id or None, "catch_up": False}
    if not run_id:  # planning itself failed; there is no run to record it under
        return done | {"status": "failed"}
    run = stores.runs.find(run_id) or Run(run_id, KIND, None, "running")
    ended = replace(run, finished_at=now.isoformat())
    if "failed" in event:
        reason = reason_of(event["failed"], run_id)
        stores.runs.put_unless_published(replace(ended, status="failed", reason=reason))
        return done | {"status": "failed"}
    stores.runs.put_unless_published(replace(ended, status="published", reason=None))
    return done | {"status": "published"}


def _plan(stores: Stores, chosen: list[Hidden], pending_key: str) -> ErasurePlan:
    head = stores.head.read()
    groups = stores.settings.groups
    if head.manifest_key is not None:
        groups = stores.objects.get_json(head.manifest_key)["groups"]
    return ErasurePlan(
        version=max(hidden.version for hidden in chosen),
        pending_key=pending_key,
        manifest_key=head.manifest_key,
        groups=groups,
        erasures=tuple(hidden.erasure_id for hidden in chosen),
    )


def _written(stores: Stores, plan: ErasurePlan) -> ErasurePlan:
    """The plan of the version, as the first run of it wrote it. The list that it names may have
    been replaced by a longer one since, which is named instead."""
    with suppress(Raced):
        stores.objects.put_new(plan.plan_key, _body(plan))
        return plan
    first = ErasurePlan.from_json(stores.objects.get_json(plan.plan_key))
    again = replace(first, pending_key=plan.pending_key)
    stores.objects.put(plan.plan_key, _body(again))
    return again


def _body(plan: ErasurePlan) -> bytes:
    import json

    return json.dumps(plan.to_json(), sort_keys=True, separators=(",", ":")).encode()
