"""Runs: nights, set-ups, exports, sends. A published night is the run item itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ..errors import NotFound
from .table import Action, Table, TransactionRefused

PK = "RUN"


@dataclass(frozen=True)
class Run:
    """`status` is running, published, failed or discarded (its goal was archived meanwhile).

    `date` is the night's day, or the goal's as_of at set-up. `goals` holds what was published,
    GoalNight JSON per goal id. `reason` explains a failed or discarded run, `warnings` tell what a
    published one had to leave out. Times are UTC instants as ISO text.
    """

    run_id: str
    kind: str
    date: str | None
    status: str
    started_at: str | None = None
    finished_at: str | None = None
    manifest_key: str | None = None
    attempt: int | None = None
    plan_key: str | None = None
    goals: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class RunStore:
    """Keeps runs under their ids: `night-YYYY-MM-DD`, `sizes-YYYY-MM-DD`, `setup-<goal>`,
    `export-<export>` and `send-<engagement>-<send>`."""

    table: Table

    def find(self, run_id: str) -> Run | None:
        item = self.table.get(PK, run_id)
        return None if item is None else Run(**item)

    def get(self, run_id: str) -> Run:
        """Raises NotFound."""
        run = self.find(run_id)
        if run is None:
            raise NotFound(f"There is no run {run_id!r}. GET /v1/runs lists them.")
        return run

    def put_unless_published(self, run: Run) -> bool:
        """Keep a run as it is now; False, and nothing changes, when it is published already."""
        try:
            self.table.apply(put_action(run))
        except TransactionRefused:
            return False
        return True

    def page(self, limit: int, after: str | None) -> tuple[list[Run], bool]:
        """Runs from behind the id `after`; whether more follow. Sizes, set-ups by goal id, nights,
        exports, each newest first."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        return [Run(**item) for item in items], more

    def nights(self, first: date, last: date) -> Iterator[Run]:
        """The nights of the days `first` to `last`, ascending."""
        for item in self.table.between(PK, night_id(first), night_id(last)):
            yield Run(**item)

    def nights_of(self, goal_id: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        """What was published of a goal, night by night, ascending: GoalNight JSON."""
        for item in self.table.between(
            PK, night_id(first), night_id(last), only=("goals", goal_id)
        ):
            if "goals" in item:
                yield item["goals"][goal_id]


def plan_key_of(run: Run) -> str:
    """Where the plan of a run lies; of one that is older than `plan_key` is, at a fixed place."""
    return run.plan_key or f"runs/{run.run_id}/plan.json"


def night_id(day: date) -> str:
    """The run that closes a day."""
    return f"night-{day.isoformat()}"


def setup_id(goal_id: str) -> str:
    """The run that sets a goal up."""
    return f"setup-{goal_id}"


def put_action(run: Run) -> Action:
    """The action that keeps a run unless it is published already."""
    return Action(
        PK,
        run.run_id,
        put=asdict(run),
        condition="attribute_not_exists(pk) OR #status <> :published",
        names={"#status": "status"},
        values={":published": "published"},
    )
