"""The end of a run: merge what the groups counted and commit it in one write, or say why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..errors import Conflict, CorruptObject, Raced
from ..goals.goal import Goal, Status
from ..goals.life_cycle import ended_reason
from ..goals.plan import Plan, PlannedGoal, Trained, read_trained
from ..goals.progress import GoalNight, GoalTally
from ..goals.rolling import Completed
from ..store.account import free_places
from ..store.goals import ATTEMPTS, scored_action, step_action
from ..store.lake_head import close_day
from ..store.outbox import Owed, owe_action
from ..store.runs import Run, plan_key_of, put_action
from ..store.stores import Stores
from ..store.table import Action, TransactionRefused
from .announcing import send_owed
from .change_files import keep_manifests
from .failing import finished, record_failure
from .night_sizes import NO_SIZES, keep_sizes, read_sizes
from .published_effects import keep_effects
from .tallies import Total, added_up


def record_progress(stores: Stores, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Publish the run {"run_id": …, "plan_key": …} (without plan_key by the plan it was last
    started with), or, with {"failed": {"Error", "Cause"}} in it, record why
    it stopped. Returns {"run_id", "status", "catch_up"}, the last, and with it "nights", as the
    plan had it. `now` is a UTC instant. What changed is told when it is published.

    Publishing a run twice changes nothing the second time. Raises CorruptObject when a tally is
    missing or of another attempt, Conflict when the night is out of order by now.
    """
    if "failed" in event:
        return record_failure(stores, event, now)
    run_id = str(event["run_id"])
    plan_key = str(event.get("plan_key") or plan_key_of(stores.runs.get(run_id)))
    if run_id.startswith("setup-"):
        done = _publish_setup(stores, run_id, plan_key, now)
    else:
        done = _publish_night(stores, run_id, plan_key, now)
    send_owed(stores)
    if event.get("catch_up"):
        return done | {"catch_up": True, "nights": event["nights"]}
    return done | {"catch_up": False}


def _publish_setup(stores: Stores, run_id: str, plan_key: str, now: datetime) -> dict[str, Any]:
    goal = stores.goals.get(run_id.removeprefix("setup-"))
    for _ in range(ATTEMPTS):
        run = stores.runs.find(run_id)
        if run is not None and run.status == "published":
            return _done(run_id, "published")
        if goal.status != Status.PREPARING:
            reason = f"The goal was {goal.status} before its set-up was done."
            discarded = finished(stores, run_id, "goal_setup", "discarded", now, reason)
            stores.runs.put_unless_published(discarded)
            return _done(run_id, "discarded")
        plan = Plan.from_json(stores.objects.get_json(plan_key))
        try:
            stores.table.transact(_setup_actions(stores, plan, goal, now))
        except (TransactionRefused, Raced):
            goal = stores.goals.get(goal.id)
            continue
        return _done(run_id, "published")
    raise Raced(f"Goal {goal.id} is being changed by others; try again.")


def _setup_actions(stores: Stores, plan: Plan, goal: Goal, now: datetime) -> list[Action]:
    trained = _trained(stores, plan)[goal.id]
    total = added_up(stores, plan, NO_SIZES)
    keep_manifests(stores, plan, total.changes)
    nights = _nights(stores, plan, total, {goal.id: trained})
    if trained.model is None:
        raise CorruptObject(f"{plan.cuts_key} names no model for {goal.id}; start the run again.")
    forecast = goal.forecast
    if forecast is None and trained.forecast is not None:
        own = goal.terms.to_json().keys() - {"target"}
        forecast = {key: value for key, value in trained.forecast.items() if key not in own}
    scores = plan.scores().to_json()
    changes = {
        "model": trained.model,
        "cuts": trained.cuts.to_json(),
        "day0": nights[goal.id],
        "day0_scores": scores,
        "scores": scores,
        "forecast": forecast,
    }
    run = _published(stores, plan, nights, now)
    return [put_action(run), step_action(goal, Status.ACTIVE, changes), _owe(plan)]


def _publish_night(stores: Stores, run_id: str, plan_key: str, now: datetime) -> dict[str, Any]:
    present = stores.runs.find(run_id)
    if _overtaken(present, plan_key):
        return _done(run_id, "published")
    plan = Plan.from_json(stores.objects.get_json(plan_key))
    trained = _trained(stores, plan) if plan.goals else {}
    wanted = read_sizes(stores, plan)
    total = added_up(stores, plan, wanted)
    keep_manifests(stores, plan, total.changes)
    nights = _nights(stores, plan, total, trained)
    run = _published(stores, plan, nights, now)
    run = replace(run, warnings=(*run.warnings, *total.sizes.problems))
    if _commit_night(stores, plan, trained, run):
        # After the commit, so that no size is of a day that is not closed; a repeat makes it good.
        keep_sizes(stores, plan, wanted, total.sizes)
    return _done(run_id, "published")


def _commit_night(stores: Stores, plan: Plan, trained: Mapping[str, Trained], run: Run) -> bool:
    """Publish the night, unless it is published; whether it is this one that stands."""
    for _ in range(ATTEMPTS):
        present = stores.runs.find(plan.run_id)
        if present is not None and present.status == "published":
            if _overtaken(present, plan.plan_key):
                return False
            _check_same(stores, present, run)
            return True
        actions = [put_action(run), close_day(plan.date), *_goal_actions(stores, plan, trained)]
        if plan.goals:
            actions.append(_owe(plan))
        try:
            stores.table.transact(actions)
        except Raced:
            continue
        except TransactionRefused as refused:
            if 0 not in refused.failed and 1 in refused.failed:
                head = stores.head.read()
                raise Conflict(
                    f"The night of {plan.date} cannot be published: the last closed day is "
                    f"{head.watermark} by now. Plan the run again."
                ) from None
            continue  # published meanwhile, or a goal was archived: look again
        return True
    raise Raced(f"Others are writing at the same time as {plan.run_id}; try again.")


def _goal_actions(stores: Stores, plan: Plan, trained: Mapping[str, Trained]) -> list[Action]:
    """What the night does to its goals as they are now; archived ones are left alone."""
    scored = {goal.id for goal in plan.goals}
    scores = plan.scores().to_json()
    actions: list[Action] = []
    places = 0
    for goal_id in sorted(scored | set(plan.ending)):
        goal = stores.goals.get(goal_id)
        if goal_id in plan.ending and goal.status in (Status.ACTIVE, Status.NEEDS_DATA):
            assert goal.terms.ends_on is not None  # a rolling goal is never over
            changes: dict[str, Any] = {
                "status_reason": ended_reason(goal.terms.ends_on, goal.status_reason)
            }
            if goal_id in scored:
                changes["scores"] = scores
            actions.append(step_action(goal, Status.ENDED, changes))
            places += 1
        elif goal.status == Status.ACTIVE:
            actions.append(scored_action(goal, scores, trained[goal_id].model))
    return [*actions, free_places(places)] if places else actions


def _nights(
    stores: Stores, plan: Plan, total: Total, trained: Mapping[str, Trained]
) -> dict[str, dict[str, Any]]:
    effects = keep_effects(stores, plan, total.goals)
    nights = {}
    for goal in plan.goals:
        tally, cuts = total.goals[goal.id], trained[goal.id].cuts
        night = GoalNight(plan.date, tally, goal.terms.direction, cuts)
        realised = tally.realised.summary()
        nights[goal.id] = {
            **night.to_json(),
            **_of_windows(goal, night, trained[goal.id]),
            **_recounted(goal, tally),
            **({} if realised is None else {"realised": realised}),
            **({"effects": effects[goal.id]} if goal.id in effects else {}),
        }
    return nights


def _recounted(goal: PlannedGoal, tally: GoalTally) -> dict[str, Any]:
    """What is known by now of the days before: nights that are published stay as they are."""
    if goal.terms.rolling:
        return tally.recount.told_of_windows(goal.terms.as_of)
    return tally.recount.told(goal.terms.as_of, goal.counted_to)


def _owe(plan: Plan) -> Action:
    """What makes sure that the run's changes are told once it is published."""
    return owe_action(Owed(plan.run_id, plan.date.isoformat(), plan.groups))


def _of_windows(goal: PlannedGoal, night: GoalNight, trained: Trained) -> dict[str, Any]:
    """What a rolling goal's night has besides: the window that begins, the one that is complete."""
    if not goal.terms.rolling:
        return {}
    assert trained.predicted is not None  # training predicts every window of a rolling goal
    value, bounds = night.expected_users, trained.predicted
    predicted = {
        "value": value,
        "low80": min(bounds["low80"], value),
        "high80": max(bounds["high80"], value),
    }
    if goal.window_scores is None:
        return {"predicted": predicted, "completed": None}
    tally = night.tally
    completed = Completed(goal.window_scores.date, tally.window, tally.window_events)
    return {"predicted": predicted, "completed": completed.to_json()}


def _trained(stores: Stores, plan: Plan) -> dict[str, Trained]:
    trained = read_trained(plan, stores.objects.get_json(plan.cuts_key))
    missing = [goal.id for goal in plan.goals if goal.id not in trained]
    if missing:
        raise CorruptObject(f"{plan.cuts_key} lacks {', '.join(missing)}; start the run again.")
    return trained


def _published(stores: Stores, plan: Plan, nights: Mapping[str, Any], now: datetime) -> Run:
    return replace(
        finished(stores, plan.run_id, plan.kind, "published", now, None),
        date=plan.date.isoformat(),
        manifest_key=plan.manifest_key,
        attempt=plan.attempt,
        plan_key=plan.plan_key,
        goals=nights,
    )


def _overtaken(present: Run | None, plan_key: str) -> bool:
    """Whether the night was published from another plan, made at another moment: that one counts,
    and what this execution found is of no use any more."""
    return (
        present is not None and present.status == "published" and (plan_key_of(present) != plan_key)
    )


def _check_same(stores: Stores, present: Run, run: Run) -> None:
    """A repeat finds the same numbers, unless users have been erased since: then it writes files
    without them, and the numbers stay as they were published."""
    erased_at = stores.erasures.last_done_at()
    if erased_at is not None and erased_at >= (present.finished_at or ""):
        return
    if present.goals != run.goals:
        raise Conflict(
            f"{run.run_id} is published already, with other numbers (lake version "
            f"{present.attempt} there, {run.attempt} here). Published nights stay as they are."
        )


def _done(run_id: str, status: str) -> dict[str, Any]:
    return {"run_id": run_id, "status": status}
