"""Which task a group's tally was made for, and that it is still what was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..goals.plan import Plan
from ..store.stores import Stores
from .night_sizes import read_sizes

SEAL = "seal"


def sealed(document: Mapping[str, Any], task: str) -> dict[str, Any]:
    """A tally with the seal of its task."""
    return {**document, SEAL: seal_of(document, task)}


def seal_of(document: Mapping[str, Any], task: str) -> str:
    """SHA-256 of a task and of what came out of it, in hex."""
    return hashlib.sha256(f"{task}\n{_canonical(document)}".encode()).hexdigest()


def task_of(stores: Stores, plan: Plan) -> str:
    """All that decides what the jobs of a run's groups do: the plan, what training decided, the
    segments to count, and the version of the product; as canonical JSON."""
    trained = stores.objects.get_json(plan.cuts_key) if plan.goals else None
    sizes = None if plan.kind == "goal_setup" else read_sizes(stores, plan).to_json()
    return _canonical([__version__, plan.to_json(), trained, sizes])


def _canonical(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
