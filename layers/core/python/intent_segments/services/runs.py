"""Runs as their owner sees them."""

from __future__ import annotations

from typing import Any

from ..store.runs import Run
from ..store.stores import Stores


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Set-ups, then nights, each newest first; whether more follow."""
    runs, more = stores.runs.page(limit, after)
    return [_shown(run) for run in runs], more


def _shown(run: Run) -> dict[str, Any]:
    return {
        "id": run.run_id,
        "kind": run.kind,
        "date": run.date,
        "status": run.status,
        "reason": run.reason,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "goals": sorted(run.goals),
    }
