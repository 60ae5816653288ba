"""`python -m bench.timing forecast|night FOLDER MANIFEST`: figures of one process, as JSON.

In a process of its own, so that imports count and the peak of memory is that of the work alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from intent_segments.goals.goal import Goal, Status, Terms
from intent_segments.goals.plan import Kind, Plan, planned, read_group_tally, read_trained
from intent_segments.lake.calendar import to_day
from intent_segments.lake.columns import read_columns
from intent_segments.lake.manifest import read_manifest
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.features import Matrix
from intent_segments.propensity.forecast import Forecast, forecast
from intent_segments.propensity.history import load_history
from intent_segments.propensity.learners import fit_linear, fit_trees
from intent_segments.propensity.model import Model
from intent_segments.propensity.train import gather, training_starts
from intent_segments.segments.definition import parse
from intent_segments.segments.goal_event import GoalEvent
from intent_segments.services.forecasting import document_of, question_of
from intent_segments.services.opening import group_tables, panel_tables, target_key
from intent_segments.services.scoring import score_users
from intent_segments.services.training import load_model, train_model
from intent_segments.store.stores import Stores
from intent_segments.telemetry.work import peak_mb

from .account import DAYS, FIRST_DAY, open_account

HORIZON = 30
AS_OF = FIRST_DAY + timedelta(days=DAYS - HORIZON - 1)
NIGHT = AS_OF + timedelta(days=10)
REPEATS = 3

TERMS = Terms(
    segment_id=None,
    definition={"did": {"event": "App Launched", "within": {"days": 90}}},
    direction="maximize",
    events=(GoalEvent("Ticket Purchased"),),
    match="any",
    as_of=AS_OF,
    starts_on=AS_OF + timedelta(days=1),
    ends_on=AS_OF + timedelta(days=HORIZON),
)


def time_forecast(stores: Stores, manifest_key: str, scratch: Path) -> dict[str, Any]:
    """From the files to the answer of `POST /v1/forecasts`, opening included."""
    definition, now = parse(TERMS.definition), to_day(AS_OF)

    def gathered() -> tuple[Evidence, float]:
        tables, share = panel_tables(
            stores, manifest_key, (), TERMS.events, scratch, counted=[definition]
        )
        return Evidence.gather(tables, question_of(TERMS)), share

    def answer() -> Forecast:
        found = forecast(*gathered())
        document_of(found, TERMS)
        return found

    found = answer()
    first_done, cold_peak = time.time(), peak_mb()
    evidence, _ = gathered()
    rows = gather(evidence, training_starts(evidence, now), (0,))

    def floor() -> None:
        load_history(evidence.tables, now)
        fit_linear(rows.columns, rows.did, rows.weight)
        fit_trees(rows.columns, rows.did, rows.weight)

    return {
        "first_done": first_done,
        "cold_peak": cold_peak,
        **dict(zip(("warm", "cpu"), seconds(answer), strict=True)),
        "peak": peak_mb(),
        "floor": seconds(floor)[0],
        "members": len(found.rows.users),
        "panel": len(evidence.history.uh),
    }


def time_night(stores: Stores, manifest_key: str, scratch: Path) -> dict[str, Any]:
    """From the activity of every group to its scores and tallies, ten days into a goal."""
    goal = Goal("goal_bench", "bench", TERMS, Status.PREPARING, "2025-12-01T00:00:00+00:00")
    setup = started(stores, manifest_key, goal, "goal_setup", AS_OF, scratch)
    score_groups(stores, setup, scratch)
    trained = read_trained(setup, stores.objects.get_json(setup.cuts_key))[goal.id]
    assert trained.model is not None  # set-up makes one
    active = replace(
        goal,
        status=Status.ACTIVE,
        model=trained.model,
        cuts=trained.cuts.to_json(),
        forecast=trained.forecast,
        day0_scores=setup.scores(),
        scores=setup.scores(),
    )
    night = started(stores, manifest_key, active, "night", NIGHT, scratch)
    first_done = time.time()
    model = load_model(stores, trained.model)
    linear, trees = model.linear, model.trees
    assert linear is not None and trees is not None  # the world has enough of them
    ready = [seen(stores, night, model, group, scratch) for group in range(night.groups)]

    def floor() -> None:
        for group, matrix in enumerate(ready):
            tables = group_tables(stores, manifest_key, group, [], TERMS.events, scratch)
            load_history(tables, to_day(NIGHT))
            linear.logit(matrix)
            trees.logit(matrix)

    warm, busy = seconds(lambda: score_groups(stores, night, scratch))
    return {
        "first_done": first_done,
        "warm": warm,
        "cpu": busy,
        "peak": peak_mb(),
        "floor": seconds(floor)[0],
        "members": members(stores, night),
    }


def started(
    stores: Stores, manifest_key: str, goal: Goal, kind: Kind, day: date, scratch: Path
) -> Plan:
    """The plan of a run, trained: all that the groups' jobs need."""
    manifest = read_manifest(stores.objects, manifest_key)
    plan = Plan(
        run_id=f"{kind}-bench",
        kind=kind,
        date=day,
        manifest_key=manifest_key,
        attempt=manifest.version,
        groups=manifest.groups,
        timezone=manifest.timezone,
        goals=(planned(goal, kind, day, "00" * 32),),
    )
    stores.objects.put_json(plan.plan_key, plan.to_json())
    train_model(stores, {"plan_key": plan.plan_key}, scratch)
    return plan


def score_groups(stores: Stores, plan: Plan, scratch: Path) -> None:
    for group in range(plan.groups):
        score_users(stores, {"plan_key": plan.plan_key, "group": group}, scratch)


def seen(stores: Stores, plan: Plan, model: Model, group: int, scratch: Path) -> Matrix:
    """What the model sees of a group's members on the night."""
    tables = group_tables(stores, plan.manifest_key, group, [], TERMS.events, scratch)
    evidence = Evidence.gather(tables, replace(question_of(TERMS), as_of=to_day(NIGHT)))
    (path,) = stores.objects.fetch([target_key(plan.goals[0].id, group)], scratch)
    users = evidence.history.index_of(read_columns(path, ("uh",))["uh"])
    return evidence.rows(model.plan, users, to_day(NIGHT), HORIZON).columns


def members(stores: Stores, plan: Plan) -> int:
    tallies = [
        read_group_tally(plan, group, stores.objects.get_json(plan.tally_key(group)))
        for group in range(plan.groups)
    ]
    return sum(tally.members for groups in tallies for tally in groups.values())


def seconds(work: Callable[[], Any]) -> tuple[float, float]:
    """Of REPEATS runs the middle time that passed, and the middle time of all processors."""
    passed, busy = [], []
    for _ in range(REPEATS):
        began, worked = time.perf_counter(), time.process_time()
        work()
        passed.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
    return median(passed), median(busy)


def main() -> None:
    what, folder, manifest_key = sys.argv[1:]
    stores = open_account(Path(folder))
    timing = {"forecast": time_forecast, "night": time_night}[what]
    print(json.dumps(timing(stores, manifest_key, Path(folder) / "scratch")))


if __name__ == "__main__":
    main()
