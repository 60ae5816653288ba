"""Five goals on a made lake, one of each kind, run by the services of the functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from intent_segments.goals.goal import Goal, Status, Terms
from intent_segments.goals.plan import Plan, Trained, planned, read_trained, trained_document
from intent_segments.lake.manifest import read_manifest
from intent_segments.segments.goal_event import GoalEvent
from intent_segments.services.scoring import score_users
from intent_segments.services.training import train_model
from intent_segments.store.stores import Stores

from .made_lake import BOUGHT, LAST_DAY, LAUNCHED, LEFT, VIEWED, WATCHED

NIGHT = LAST_DAY
AS_OF = NIGHT - timedelta(days=1)
ENDS_ON = AS_OF + timedelta(days=30)

ACTIVE = {"did": {"event": LAUNCHED, "within": {"days": 90}}}
LARGE = {"event": BOUGHT, "where": [{"property": "price", "gte": 100}]}

GOALS: dict[str, dict[str, Any]] = {
    "maximize": {"definition": ACTIVE, "events": [BOUGHT]},
    "minimize": {"segment_id": "all-users", "events": [LEFT], "direction": "minimize"},
    "rolling": {"definition": ACTIVE, "events": [VIEWED], "rolling_days": 7},
    "filtered": {"segment_id": "all-users", "events": [LARGE]},
    "all": {"definition": ACTIVE, "events": [VIEWED, WATCHED], "match": "all"},
}
"""Bodies of `POST /v1/goals`, without name and end."""


def terms(name: str) -> Terms:
    """What is agreed for one of GOALS."""
    body = GOALS[name]
    days = body.get("rolling_days")
    return Terms(
        segment_id=body.get("segment_id"),
        definition=body.get("definition", {"all": []}),
        direction=body.get("direction", "maximize"),
        events=tuple(_event(entry) for entry in body["events"]),
        match=body.get("match", "any"),
        as_of=AS_OF,
        starts_on=AS_OF + timedelta(days=1),
        ends_on=None if days else ENDS_ON,
        rolling_days=days,
    )


def _event(entry: str | Mapping[str, Any]) -> GoalEvent:
    if isinstance(entry, str):
        return GoalEvent(entry)
    return GoalEvent(entry["event"], tuple(entry["where"]))


def fresh(name: str) -> Goal:
    """One of GOALS as it is saved."""
    return Goal(f"goal_{name}", name, terms(name), Status.PREPARING, "2025-12-31T00:00:00+00:00")


def plan_of(stores: Stores, manifest_key: str, goals: list[Goal], day: date) -> Plan:
    """A set-up where goals are preparing, a night otherwise; written down for its jobs."""
    manifest = read_manifest(stores.objects, manifest_key)
    kind: Literal["goal_setup", "night"] = (
        "goal_setup" if goals[0].status == Status.PREPARING else "night"
    )
    plan = Plan(
        run_id=f"{kind}-{goals[0].id}-{manifest.version}",
        kind=kind,
        date=day,
        manifest_key=manifest_key,
        attempt=manifest.version,
        groups=manifest.groups,
        timezone=manifest.timezone,
        goals=tuple(planned(goal, kind, day, "00" * 32) for goal in goals),
    )
    stores.objects.put_json(plan.plan_key, plan.to_json())
    return plan


def train(stores: Stores, plan: Plan, folder: Path) -> dict[str, Trained]:
    """Do the step Train of a run. What it decided."""
    answer = train_model(stores, {"plan_key": plan.plan_key}, folder)
    assert "failed" not in answer, answer
    return read_trained(plan, stores.objects.get_json(plan.cuts_key))


def decide(stores: Stores, plan: Plan, trained: Mapping[str, Trained]) -> None:
    """Write down what another run had decided, in the place of training."""
    stores.objects.put_json(plan.cuts_key, trained_document(plan, trained))


def score(stores: Stores, plan: Plan, folder: Path) -> None:
    """Do the step ScoreUsers of a run, group by group."""
    for group in range(plan.groups):
        score_users(stores, {"plan_key": plan.plan_key, "group": group}, folder)


def at_work(goal: Goal, plan: Plan, trained: Trained) -> Goal:
    """A goal after its set-up."""
    return replace(
        goal,
        status=Status.ACTIVE,
        model=trained.model,
        cuts=trained.cuts.to_json(),
        forecast=trained.forecast,
        day0_scores=plan.scores(),
        scores=plan.scores(),
    )
