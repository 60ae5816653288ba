"""What a run took: every job writes its own record, the last step adds them up.

Records lie beside what a run publishes and are no part of it: times differ from one attempt to the
next, results do not. A job that is repeated writes its record anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..store.stores import Stores
from ..telemetry.prices import AS_OF, REGION, dollars
from ..telemetry.work import StepWork, added_up

READERS = 16
"""Records read at the same time: small objects whose time is all latency."""

MAPPED = ("ScoreUsers", "Deliver")
"""The steps that run once per group."""


def work_key(plan_key: str, step: str, group: int | None) -> str:
    """Where a job says what it took: beside the plan that it is of."""
    of_group = "" if group is None else f"-g={group:04d}"
    return f"{_folder(plan_key)}{step}{of_group}.json"


def keep_work(stores: Stores, plan_key: str, group: int | None, work: StepWork) -> None:
    """Write the record of a job."""
    stores.objects.put_json(work_key(plan_key, work.step, group), work.to_json())


SWEPT = ("files_removed", "sweep_problem")
"""What `sweeping_nights` says of a night."""


def add_up_work(
    stores: Stores, run_id: str, plan_key: str, last: StepWork, swept: Mapping[str, Any]
) -> dict[str, Any]:
    """Add up what the jobs of a plan wrote, with the `last` step's own work, and keep the sum under
    the run, with what was `swept` (see SWEPT); returns it."""
    keys = stores.objects.keys(_folder(plan_key))
    with ThreadPoolExecutor(READERS) as pool:
        found = [StepWork.from_json(entry) for entry in pool.map(stores.objects.get_json, keys)]
    steps = added_up([*found, last])
    groups = sum(step.jobs for step in steps if step.step in MAPPED)
    whole = {
        "steps": [step.to_json() for step in steps],
        "estimated_dollars": dollars(steps, groups),
        "prices": f"{REGION}, {AS_OF}",
        **swept,
    }
    stores.run_work.put(run_id, whole)
    return whole


def shown_work(work: Mapping[str, Any]) -> dict[str, Any]:
    """The sum as its owner sees it."""
    steps = [_shown(step) for step in work["steps"]]
    return {
        **{name: sum(step[name] for step in steps) for name in SUMMED},
        "peak_mb": max(step["peak_mb"] for step in steps),
        "estimated_dollars": work["estimated_dollars"],
        "prices": work["prices"],
        "files_removed": work.get("files_removed", 0),
        "sweep_problem": work.get("sweep_problem"),
        "steps": steps,
    }


def _folder(plan_key: str) -> str:
    return f"{plan_key.removesuffix('plan.json')}work/"


SUMMED = ("users", "rows", "bytes_read", "bytes_written", "requests")


def _shown(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("step", "jobs", "started_at", "finished_at", "users", "rows", "memory_mb", "peak_mb")
    requests = ("s3_reads", "s3_writes", "table_reads", "table_writes")
    return {
        **{name: step[name] for name in kept},
        "seconds": round(step["milliseconds"] / 1000, 3),
        "longest_seconds": round(step["longest"] / 1000, 3),
        "bytes_read": step["bytes_read"],
        "bytes_written": step["bytes_written"],
        "requests": sum(step[name] for name in requests),
    }
