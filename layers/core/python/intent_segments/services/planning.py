"""What a run has to do: the plan that shard jobs read, and the refusal of a night out of order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import Conflict, InvalidInput, TooLittleMemory
from ..goals.goal import Goal, ScoreFiles, Status
from ..goals.holdout import Holdout
from ..goals.plan import Kind, Plan, ends_with, planned
from ..goals.retention import SHOWN_DAYS
from ..goals.rolling import window_that_ends
from ..goals.target_group import control_salt
from ..lake.calendar import parse_date
from ..lake.manifest import read_manifest
from ..store.event_bus import GOAL_CREATED
from ..store.runs import Run, night_id, plan_key_of, setup_id
from ..store.stores import Stores
from .catalogue import LakeState, lake_state
from .comparing import compared
from .job_memory import require_memory
from .night_sizes import plan_sizes

GRACE = timedelta(hours=3)
"""How long after midnight a day stays open for late events (DESIGN, the watermark)."""

MOST_NIGHTS = 366
"""Nights that one execution makes good; the next start goes on. An execution ends after 25,000
entries in its history (Step Functions' quota), and a night whose steps are all tried four times
makes 55."""

IDLE: dict[str, Any] = {
    "run_id": None,
    "plan_key": None,
    "shards_key": None,
    "has_work": False,
    "idle": True,
    "catch_up": False,
}
"""The answer to a night that has no day to close, and nothing to repeat."""


@dataclass(frozen=True)
class RunRequest:
    """What starts a run: a goal to set up, or a night (`date` None: the first one missing).
    `nights` are those that the same execution has closed before."""

    kind: Kind
    goal_id: str | None = None
    date: date | None = None
    nights: int = 0

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> RunRequest:
        """From the EventBridge event GoalCreated, or {"kind": …, "goal_id"|"date": …}.

        Raises InvalidInput for anything else.
        """
        if event.get("detail-type") == GOAL_CREATED:
            return cls("goal_setup", goal_id=str(event["detail"]["goal_id"]))
        if event.get("kind") == "goal_setup" and event.get("goal_id"):
            return cls("goal_setup", goal_id=str(event["goal_id"]))
        nights = event.get("nights", 0)
        if event.get("kind") == "night" and isinstance(nights, int):
            text = event.get("date")
            day = None if text is None else parse_date(text, "date")
            return cls("night", date=day, nights=nights)
        raise InvalidInput(
            'A run is started by {"kind": "goal_setup", "goal_id": "goal_…"} or by '
            '{"kind": "night", "date": "YYYY-MM-DD"}; date may be left out.'
        )


def plan_run(stores: Stores, request: RunRequest, now: datetime) -> dict[str, Any]:
    """Write the plan and the list of shards of a run; returns where they are.

    {"run_id", "plan_key", "bucket", "shards_key", "has_work", "idle", "catch_up"}, and "untrained"
    where groups have to be worked on though there is nothing to train. A night without
    a date closes the first open day; `idle` says that every day which is over is closed already,
    `catch_up` that another night has to follow this one, and then "nights" how many this makes. A
    published run keeps its plan, so that repeating it repeats the same work. `now` is a UTC
    instant. Raises NotFound for an unknown goal, Conflict for a night out of order.
    """
    if request.kind == "goal_setup":
        assert request.goal_id is not None  # from_event sees to it
        return _plan_setup(stores, stores.goals.get(request.goal_id), now)
    return _plan_night(stores, request, now)


def _plan_setup(stores: Stores, goal: Goal, now: datetime) -> dict[str, Any]:
    run_id = setup_id(goal.id)
    if _is_published(stores, run_id) or goal.status != Status.PREPARING:
        return _output(stores, run_id, f"runs/{run_id}/", has_work=False)
    assert goal.manifest_key is not None  # set when the goal is created
    manifest = stores.objects.get_json(goal.manifest_key)
    salts = _salts(stores, [goal])
    plan = Plan(
        run_id=run_id,
        kind="goal_setup",
        date=goal.terms.as_of,
        manifest_key=goal.manifest_key,
        attempt=manifest["version"],
        groups=manifest["groups"],
        timezone=manifest["timezone"],
        goals=(planned(goal, "goal_setup", goal.terms.as_of, salts[goal.id]),),
        holdout=_holdout(stores),
    )
    return started(stores, plan, now)


def _plan_night(stores: Stores, request: RunRequest, now: datetime) -> dict[str, Any]:
    wanted = request.date
    try:
        state = lake_state(stores)
    except Conflict:
        if wanted is None:  # a new stack: nothing is loaded, so no day is to be closed
            return IDLE | {"bucket": stores.settings.bucket}
        raise
    following = state.watermark + timedelta(days=1)
    day = following if wanted is None else wanted
    closed = last_closed_day(now, stores.settings.timezone)
    if wanted is None and day > closed:
        return IDLE | {"bucket": stores.settings.bucket}
    if day > following:
        raise Conflict(
            f"The night of {day} cannot run yet: the last closed day is {state.watermark}, so the "
            f"first missing night is {following}. Load its events, run that night "
            f"(`intent nightly --date {following} --through {day}`), and go on from there."
        )
    run_id = night_id(day)
    if day < following:
        if not _is_published(stores, run_id):
            raise Conflict(
                f"{day} was closed when its events were loaded, while no goal was at work, so "
                f"there is no night to repeat. The next night is {following}."
            )
        if day <= state.watermark - timedelta(days=SHOWN_DAYS):
            # Too old to be repeated: its files are gone, what it published stays.
            return IDLE | {"bucket": stores.settings.bucket}
        published = stores.runs.get(run_id)
        key = plan_key_of(published)
        stored = Plan.from_json(stores.objects.get_json(key))
        folder = key.removesuffix("plan.json")
        return _output(stores, run_id, folder, has_work=bool(stored.goals))
    nights = request.nights + 1
    behind = wanted is None and day < closed and nights < MOST_NIGHTS
    plan = _night(stores, state, day)
    plan, counts = plan_sizes(stores, plan)
    # A night that has the sizes of segments to count and no goal goes without training.
    untrained = counts and not plan.goals
    event = started(stores, plan, now, untrained)
    return event | {"catch_up": True, "nights": nights} if behind else event


def _night(stores: Stores, state: LakeState, day: date) -> Plan:
    at_work = stores.goals.at_work()
    active = [goal for goal in at_work if goal.status == Status.ACTIVE]
    salts = _salts(stores, active)
    before = stores.runs.find(night_id(day - timedelta(days=1)))
    return Plan(
        run_id=night_id(day),
        kind="night",
        date=day,
        manifest_key=state.manifest_key,
        attempt=state.version,
        groups=state.manifest["groups"],
        timezone=state.manifest["timezone"],
        goals=tuple(
            replace(
                planned(goal, "night", day, salts[goal.id]),
                window_scores=_window_scores(stores, state, goal, day),
                compared=compared(stores, goal, day, before),
            )
            for goal in active
        ),
        ending=tuple(goal.id for goal in at_work if ends_with(goal, day)),
        holdout=_holdout(stores) if active else None,
    )


def _window_scores(stores: Stores, state: LakeState, goal: Goal, day: date) -> ScoreFiles | None:
    """Where a rolling goal's scores of the night lie whose window is complete with `day`; None
    where there is no such night, since the goal was saved later than its as_of."""
    began = window_that_ends(goal.terms, day)
    if began is None or began == goal.terms.as_of:
        return None if began is None else goal.day0_scores
    run = stores.runs.find(night_id(began))
    if run is None or goal.id not in run.goals or run.attempt is None:
        return None
    return ScoreFiles(began, run.attempt, state.manifest["groups"])


def _holdout(stores: Stores) -> Holdout | None:
    account = stores.account.find()
    return None if account is None else account.holdout


def _salts(stores: Stores, goals: list[Goal]) -> dict[str, str]:
    """Goals exist only in an account that exists, so its salt is there whenever one is needed."""
    account = stores.account.find()
    if account is None:
        return {}
    return {
        goal.id: control_salt(
            account.control_salt,
            [event.identity for event in goal.terms.events],
            goal.terms.match,
        )
        for goal in goals
    }


def started(stores: Stores, plan: Plan, now: datetime, untrained: bool = False) -> dict[str, Any]:
    """Write a plan and its list of shards, and the run as running; returns where they are.

    `untrained` says that groups have work though no goal has. A run that was published while it
    was planned has no work: its goals have moved on, and scores made from them would take the
    place of the published ones. Raises TooLittleMemory, and the run has failed with its reason,
    where the memory of functions would not do.
    """
    shards = [
        {"run_id": plan.run_id, "group": group, "plan_key": plan.plan_key}
        for group in range(plan.groups)
    ]
    run = Run(
        run_id=plan.run_id,
        kind=plan.kind,
        date=plan.date.isoformat(),
        status="running",
        started_at=now.isoformat(),
        manifest_key=plan.manifest_key,
        attempt=plan.attempt,
        plan_key=plan.plan_key,
    )
    run = replace(run, warnings=_warnings(stores, plan, run, untrained))
    stores.objects.put_json(plan.plan_key, plan.to_json())
    stores.objects.put_json(plan.shards_key, shards)
    ours = stores.runs.put_unless_published(run)
    has_work = ours and (untrained or bool(plan.goals))
    event = _output(stores, plan.run_id, plan.prefix, has_work=has_work)
    return event | {"untrained": True} if has_work and untrained else event


def _warnings(stores: Stores, plan: Plan, run: Run, untrained: bool) -> tuple[str, ...]:
    manifest = read_manifest(stores.objects, plan.manifest_key)
    told = []
    if stores.settings.groups != manifest.groups:
        told.append(
            f"The stack's parameter Groups is {stores.settings.groups}, and the lake has "
            f"{manifest.groups} groups since its first import. It stays so; deploy with "
            f"Groups={manifest.groups}, or load into a new stack."
        )
    trains = bool(plan.goals)
    try:
        told += require_memory(
            manifest, stores.settings.job_memory, scores=trains or untrained, trains=trains
        )
    except TooLittleMemory as refused:
        # Here, since a night that was started without a date has no day to be recorded under later.
        failed = replace(run, status="failed", finished_at=run.started_at, reason=refused.message)
        stores.runs.put_unless_published(failed)
        raise
    return tuple(told)


def _output(stores: Stores, run_id: str, folder: str, has_work: bool) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "plan_key": f"{folder}plan.json",
        "bucket": stores.settings.bucket,
        "shards_key": f"{folder}shards.json",
        "has_work": has_work,
        "idle": False,
        "catch_up": False,
    }


def _is_published(stores: Stores, run_id: str) -> bool:
    run = stores.runs.find(run_id)
    return run is not None and run.status == "published"


def last_closed_day(now: datetime, timezone: str) -> date:
    """The last local day that is over, its grace period included.

    The grace is counted on the wall clock: where the clocks go forward at night, three hours after
    midnight are two of elapsed time, and 03:00 closes the day all the same.
    """
    wall = now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return (wall - GRACE).date() - timedelta(days=1)
