"""Runs as their owner sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..store.runs import Run
from ..store.stores import Stores
from .run_work import shown_work


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Sizes, set-ups, nights, exports, each newest first; whether more follow."""
    runs, more = stores.runs.page(limit, after)
    if not runs:
        return [], more
    ids = sorted(run.run_id for run in runs)
    works = stores.run_work.between(ids[0], ids[-1])
    return [_shown(run, works.get(run.run_id)) for run in runs], more


def one(stores: Stores, run_id: str) -> dict[str, Any]:
    """A run with what it took. Raises NotFound."""
    return _shown(stores.runs.get(run_id), stores.run_work.find(run_id))


def _shown(run: Run, work: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "id": run.run_id,
        "kind": run.kind,
        "date": run.date,
        "status": run.status,
        "reason": run.reason,
        "warnings": list(run.warnings),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "goals": sorted(run.goals),
        "work": None if work is None else shown_work(work),
    }
