"""What runs took, beside the runs: measured times are no part of what a run publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .table import Action, Table

PK = "RUN_WORK"


@dataclass(frozen=True)
class RunWorkStore:
    """Keeps {"steps", "estimated_dollars", …} under the id of the run, over what was there."""

    table: Table

    def put(self, run_id: str, work: Mapping[str, Any]) -> None:
        self.table.apply(Action(PK, run_id, put={"run_id": run_id, **work}))

    def find(self, run_id: str) -> dict[str, Any] | None:
        return self.table.get(PK, run_id)

    def between(self, first: str, last: str) -> dict[str, dict[str, Any]]:
        """By run id, of all runs with first <= id <= last."""
        return {work["run_id"]: work for work in self.table.between(PK, first, last)}
