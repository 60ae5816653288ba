"""Nights that have no day to close: loads closed it while no goal was at work. The segments get
their point of the day all the same, by a run of its own that counts and closes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..errors import Conflict
from ..goals.plan import Plan
from ..store.runs import Run
from ..store.stores import Stores
from .catalogue import lake_state
from .night_sizes import keep_sizes, plan_sizes, read_sizes
from .planning import started
from .run_failures import reason_of
from .tallies import added_up

PREFIX = "sizes-"
"""Of run ids; the day follows."""


def plan_missing_sizes(stores: Stores, now: datetime) -> dict[str, Any] | None:
    """Plan to count the saved segments without a size of the last closed day; None where none is,
    or nothing has been loaded yet. Returns what `planning.plan_run` does."""
    try:
        state = lake_state(stores)
    except Conflict:
        return None
    plan = Plan(
        run_id=f"{PREFIX}{state.watermark.isoformat()}",
        kind="sizes",
        date=state.watermark,
        manifest_key=state.manifest_key,
        attempt=state.version,
        groups=state.manifest["groups"],
        timezone=state.manifest["timezone"],
        goals=(),
    )
    plan, counts = plan_sizes(stores, plan, missing_only=True)
    if not counts:
        return None
    return started(stores, plan, now, untrained=True)


def finish_missing_sizes(
    stores: Stores, run_id: str, event: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Keep what the groups counted, or record why the run {"failed"}. Again changes nothing."""
    run = stores.runs.find(run_id) or Run(run_id, "sizes", run_id.removeprefix(PREFIX), "running")
    done = {"run_id": run_id, "catch_up": False}
    ended = replace(run, finished_at=now.isoformat())
    if "failed" in event:
        reason = reason_of(event["failed"], run_id)
        stores.runs.put_unless_published(replace(ended, status="failed", reason=reason))
        return done | {"status": "failed"}
    plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
    wanted = read_sizes(stores, plan)
    counted = added_up(stores, plan, wanted).sizes
    keep_sizes(stores, plan, wanted, counted)
    published = replace(ended, status="published", warnings=(*run.warnings, *counted.problems))
    stores.runs.put_unless_published(published)
    return done | {"status": "published"}
