"""Every event that starts a run may come twice, at once, late, or before what it should follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.goals.goal import Status
from intent_segments.lake.calendar import from_day
from intent_segments.services import export_runs, run_steps
from intent_segments.services.exporting import export_group
from intent_segments.store import exports
from tests.faults.account import Account, State, accounts
from tests.faults.counted import COUNTED
from tests.faults.execution import publish
from tests.faults.test_guards import unconditional
from tests.faults.wire import Fault, Wire, while_hanging
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

AS_OF = START + 90
GOAL: dict[str, Any] = {
    "name": "A goal",
    "segment_id": "all-users",
    "events": ["Charged"],
    "ends_on": from_day(AS_OF + 5).isoformat(),
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, State]]:
    with accounts(tmp_path_factory.mktemp("twice")) as made:
        made.nights.load([h for h in charges(users=30, days=91) if h.day <= AS_OF])
        yield made, made.state()


@pytest.fixture
def account(loaded: tuple[Account, State]) -> Account:
    found, before = loaded
    found.restore(before)
    return found


def export(account: Account) -> tuple[str, dict[str, Any]]:
    """An export that was asked for, and the event that starts it."""
    answer = ask("POST", "/v1/segments/all-users/exports", {"traits": []})
    assert answer.status == 202, answer.text
    detail = {"export_id": answer.json["id"]}
    return answer.json["id"], {"detail-type": "ExportRequested", "detail": detail}


def run(account: Account, event: dict[str, Any]) -> dict[str, Any]:
    """All steps of the run that an event starts, where there is anything to do."""
    planned = run_steps.plan(account.stores, event, NOW)
    if planned["has_work"]:
        for group in range(account.nights.groups):
            job = {"plan_key": planned["plan_key"], "group": group, "kind": "export"}
            export_group(account.stores, job, account.cache)
    return run_steps.finish(account.stores, planned, NOW)


def test_an_export_whose_event_comes_twice_at_once_is_one_export(account: Account) -> None:
    export_id, event = export(account)
    wire = Wire()
    before = account.state()
    with wire.tapped():
        run(account, event)
    wanted = account.state()
    assert account.stores.exports.get(export_id).status == "ready"
    points = [p for p in wire.calls if not p[0].startswith(("GetObject", "HeadObject"))]
    lost = {}
    for point in points:
        account.restore(before)
        slow = Wire(point.__eq__, Fault.SLOW, meanwhile=lambda: run(account, event))
        with slow.tapped():
            run(account, event)
        if differences := account.state().differs_from(wanted):
            lost[point] = differences
    COUNTED.tell("export", len(points), len(lost))
    assert lost == {}


def test_an_event_that_comes_late_changes_nothing(account: Account) -> None:
    """The export is ready, the goal archived, the night closed."""
    _, event = export(account)
    run(account, event)
    ready = account.state()
    assert run(account, event)["status"] == "published"
    assert account.state().differs_from(ready) == []
    goal_id = account.nights.saved(GOAL)
    assert ask("POST", f"/v1/goals/{goal_id}/archive").status == 200
    late = {"detail-type": "GoalCreated", "detail": {"goal_id": goal_id}}
    assert run(account, late)["status"] == "discarded"
    assert account.stores.goals.get(goal_id).status == Status.ARCHIVED
    assert account.stores.account.find().active_goals == 0  # type: ignore[union-attr]


def failed_late(account: Account) -> None:
    """One execution of an export says that it failed, when another one has made it ready."""
    export_id, event = export(account)
    planned = run_steps.plan(account.stores, event, NOW)
    failed = {**planned, "failed": {"Error": "States.Timeout", "Cause": "{}"}}
    with while_hanging("UpdateItem EXPORT", lambda: run(account, event)):
        publish(account, failed)
    assert account.stores.exports.get(export_id).status == "ready"


def test_a_failure_that_arrives_late_does_not_undo_an_export_that_is_ready(
    account: Account,
) -> None:
    failed_late(account)


def test_without_the_condition_that_an_export_is_not_ready_it_does(account: Account) -> None:
    make: Callable[..., Any] = exports.finish_action

    def finish(*given: Any) -> Any:
        return unconditional(make(*given))

    with (
        patch.object(exports, "finish_action", finish),
        patch.object(export_runs, "finish_action", finish),
        pytest.raises(AssertionError),
    ):
        failed_late(account)
