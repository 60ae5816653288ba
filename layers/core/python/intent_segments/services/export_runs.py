"""The run behind an export: planned, written group by group, published with one write.

It shares the state machine of nights and set-ups. Everything it reads was settled when the export
was asked for, so it can be repeated at any point and writes the same bytes to the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from ..errors import CorruptObject
from ..store.event_bus import EXPORT_REQUESTED
from ..store.exports import Export, finish_action
from ..store.runs import Run, put_action
from ..store.stores import Stores
from ..store.table import TransactionRefused
from .run_failures import reason_of

PREFIX = "export-"
"""Of run ids."""

READERS = 16
"""Counts of groups that are read at the same time."""


def export_of(event: Mapping[str, Any]) -> str | None:
    """The export that a run's event is about, None when it is about something else."""
    if event.get("detail-type") == EXPORT_REQUESTED:
        return str(event["detail"]["export_id"])
    if event.get("kind") == "export" and event.get("export_id"):
        return str(event["export_id"])
    run_id = str(event.get("run_id") or "")
    return run_id.removeprefix(PREFIX) if run_id.startswith(PREFIX) else None


def plan_export(stores: Stores, export_id: str, now: datetime) -> dict[str, Any]:
    """Write the plan and the list of shards; returns where they are, as `planning.plan_run` does.

    An export that is ready has no work. Raises NotFound.
    """
    export = stores.exports.get(export_id, now)
    run_id = f"{PREFIX}{export_id}"
    if export.status != "ready":
        stores.objects.put_json(_plan_key(run_id), {"run_id": run_id, "export": asdict(export)})
        shards = [
            {"run_id": run_id, "kind": "export", "group": group, "plan_key": _plan_key(run_id)}
            for group in range(export.groups)
        ]
        stores.objects.put_json(_shards_key(run_id), shards)
        stores.runs.put_unless_published(_run(export, "running", started_at=now.isoformat()))
    return {
        "run_id": run_id,
        "plan_key": _plan_key(run_id),
        "bucket": stores.settings.bucket,
        "shards_key": _shards_key(run_id),
        "has_work": export.status != "ready",
        "untrained": True,
        "idle": False,
        "catch_up": False,
    }


def planned_export(stores: Stores, plan_key: str) -> Export:
    """What `plan_export` wrote down."""
    return Export(**stores.objects.get_json(plan_key)["export"])


def count_key(export: Export, group: int) -> str:
    """Where the shard job of a group says what it wrote: {"rows", "bytes", "control"}."""
    return f"runs/{PREFIX}{export.id}/tallies/g={group:04d}.json"


def finish_export(
    stores: Stores, export_id: str, event: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Make an export ready, or record why its run {"failed": …} stopped.

    Raises NotFound, CorruptObject when a group did not say what it wrote.
    """
    export = stores.exports.get(export_id)
    done = {"run_id": f"{PREFIX}{export_id}", "catch_up": False}
    if "failed" in event:
        reason = reason_of(event["failed"], str(done["run_id"]))
        stores.exports.fail(export_id, reason)
        stores.runs.put_unless_published(_ended(stores, export, "failed", now, reason))
        return done | {"status": "failed"}
    if export.status != "ready":
        counts = _counts(stores, export)
        changes = {
            "status": "ready",
            "reason": None,
            "files": [{"rows": count["rows"], "bytes": count["bytes"]} for count in counts],
            "control_left_out": None
            if not export.scores
            else sum(count["control"] for count in counts),
        }
        run = _ended(stores, export, "published", now)
        with suppress(TransactionRefused):  # another attempt was faster: it wrote the same
            stores.table.transact([put_action(run), finish_action(export_id, changes)])
    return done | {"status": "published"}


def _counts(stores: Stores, export: Export) -> list[dict[str, int]]:
    there = set(stores.objects.keys(f"runs/{PREFIX}{export.id}/tallies/"))
    keys = [count_key(export, group) for group in range(export.groups)]
    missing = [group for group, key in enumerate(keys) if key not in there]
    if missing:
        named = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        raise CorruptObject(
            f"Export {export.id} lacks {len(missing)} of {export.groups} files ({named}): their "
            "jobs did not finish. Nothing was published; ask for it again."
        )
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(stores.objects.get_json, keys))


def _run(export: Export, status: str, **more: Any) -> Run:
    return Run(f"{PREFIX}{export.id}", "export", export.as_of, status, **more)


def _ended(
    stores: Stores, export: Export, status: str, now: datetime, reason: str | None = None
) -> Run:
    begun = stores.runs.find(f"{PREFIX}{export.id}") or _run(export, status)
    return replace(begun, status=status, finished_at=now.isoformat(), reason=reason)


def _plan_key(run_id: str) -> str:
    return f"runs/{run_id}/plan.json"


def _shards_key(run_id: str) -> str:
    return f"runs/{run_id}/shards.json"
