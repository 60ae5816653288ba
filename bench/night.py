"""A night of five goals as the stack runs it, and what it takes.

State machine, functions, S3 and DynamoDB are those of the local stack, with its files on disk. The
floor is what nothing can go below: read the activity of every group once, and have each goal's bare
estimators predict on a matrix that is ready.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from intent_local.commands.nightly import run_night
from intent_local.connection import Connection, local
from intent_local.stack.home import Home
from intent_local.stack.running import RunningStack, running_stack
from intent_local.stack.server import ACCOUNT, REGION
from intent_segments.goals.plan import Plan
from intent_segments.lake.calendar import to_day
from intent_segments.lake.columns import read_columns
from intent_segments.lake.manifest import write_manifest
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.history import load_history
from intent_segments.propensity.traits import load_traits
from intent_segments.services.forecasting import question_of
from intent_segments.services.goal_models import load_model
from intent_segments.services.opening import group_tables, target_key
from intent_segments.settings import Settings
from intent_segments.store.runs import night_id
from intent_segments.store.stores import Stores

from .goals import AS_OF, ENDS_ON, GOALS, NIGHT
from .made_lake import make_lake
from .night_report import TITLE, Measured, keep, report
from .page import write_section
from .speed import told

USERS_PER_GROUP = 125_000
AT_ONCE = 2
"""Groups that are scored at the same time: processors of the machine."""
MEMORY = 3_008
SET_UP_SECONDS = 3_600
KINDS = ("s3_reads", "s3_writes", "table_reads", "table_writes")


def run(users: int, per_user: int, write: Path | None) -> None:
    """Measure a night of `users` users who do `per_user` things a year; with `write`, keep it
    beside the nights of other sizes."""
    found = measure(users, per_user)
    nights = [found] if write is None else keep(found)
    text = report(nights)
    print(text)
    if write is not None:
        write_section(write, TITLE, text)


def measure(users: int, events: int) -> Measured:
    """A night of a fresh stack with so many users, who do so many `events` a year."""
    groups = max(1, -(-users // USERS_PER_GROUP))
    with TemporaryDirectory() as folder, standing(Path(folder), groups) as (running, stores):
        stack = local(running)
        with told(f"make a lake of {users:,} users in {groups} groups"):
            manifest = make_lake(stores.objects, Path(folder), users, events, groups)
            stores.head.commit(0, write_manifest(stores.objects, manifest), AS_OF)
        for name, body in GOALS.items():
            with told(f"set up the goal {name}"):
                set_up(stack, name, body)
        before = processor_seconds(running.server.pid)
        with told("night"):
            night = run_night(stack, NIGHT)
        spent = processor_seconds(running.server.pid) - before
        run_id = night_id(NIGHT)
        work = stack.api.get(f"/v1/runs/{run_id}")["work"]
        raw = stores.run_work.find(run_id)
        assert raw is not None  # the last step of a run keeps it
        with told("floor"):
            floor = floor_of(stores, stores.runs.get(run_id).plan_key or "", Path(folder))
        return Measured(
            users=manifest.users,
            groups=groups,
            goals=len(GOALS),
            events_per_user=events,
            at_once=AT_ONCE,
            events=manifest.events,
            rows=sum(part.rows for part in manifest.of("activity")),
            members=work["users"],
            work=work,
            requests={kind: sum(step[kind] for step in raw["steps"]) for kind in KINDS},
            clock=night["seconds"],
            processor=spent,
            floor=floor,
        )


@contextmanager
def standing(folder: Path, groups: int) -> Iterator[tuple[RunningStack, Stores]]:
    """A local stack of its own, and its stores as functions see them."""
    values = {"Groups": str(groups), "MaxConcurrency": str(AT_ONCE), "JobMemory": str(MEMORY)}
    with running_stack(home=Home(folder / "home"), parameters=values) as running:
        where = {
            "AWS_ENDPOINT_URL": running.server.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        with patch.dict(os.environ, where):
            out = running.outputs
            named = Settings(out["Table"], out["Bucket"], "none", groups, out["TimeZone"])
            yield running, Stores.of(named)


def set_up(stack: Connection, name: str, body: Mapping[str, Any]) -> None:
    """Save a goal and wait until it is at work."""
    end = {} if "rolling_days" in body else {"ends_on": ENDS_ON.isoformat()}
    goal = stack.api.post("/v1/goals", {"name": name, "as_of": AS_OF.isoformat(), **body, **end})
    last = time.monotonic() + SET_UP_SECONDS
    while goal["status"] == "preparing" and time.monotonic() < last:
        time.sleep(0.5)
        goal = stack.api.get(f"/v1/goals/{goal['id']}")
    if goal["status"] != "active":
        raise RuntimeError(f"the goal {name} is {goal['status']}: {goal['status_reason']}")


def processor_seconds(pid: int) -> float:
    """What a process and all below it have used so far, those that ended among them (Linux)."""
    ticks = 0
    waiting = [pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            # utime, stime, cutime and cstime are the fields 14 to 17 (proc(5)).
            ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:15]))
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def floor_of(stores: Stores, plan_key: str, folder: Path) -> tuple[float, float]:
    """(seconds to read the activity of all groups, seconds of the estimators of all goals), of one
    processor; files are here already."""
    plan = Plan.from_json(stores.objects.get_json(plan_key))
    night = to_day(plan.date)
    models = {goal.id: load_model(stores, goal.model or {}) for goal in plan.goals}
    reading = predicting = 0.0
    for group in range(plan.groups):

        def opened(group: int = group) -> Any:
            return group_tables(stores, plan.manifest_key, group, [], plan.events, folder / "lake")

        opened().con.close()  # fetched
        spent, (tables, history) = taken(lambda: read(opened(), night))
        reading += spent
        traits = load_traits(tables, history)
        for goal in plan.goals:
            path = stores.objects.download(target_key(goal.id, group), folder / "target.parquet")
            members = history.index_of(read_columns(path, ("uh",))["uh"])
            evidence = Evidence.of(tables, question_of(goal.terms), history, traits)
            model = models[goal.id]
            matrix = evidence.rows(model.plan, members, night, goal.terms.horizon).with_clock()
            for family in (model.linear, model.trees):
                if family is not None:
                    predicting += taken(partial(family.logit, matrix))[0]
        tables.con.close()
    return reading, predicting


def read(tables: Any, night: int) -> Any:
    return tables, load_history(tables, night)


def taken(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of some work, and what came of it."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found
