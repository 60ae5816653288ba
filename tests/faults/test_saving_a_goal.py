"""Whatever happens to a call of AWS while a goal is saved, the caller who repeats the request with
the same Idempotency-Key has one goal, one place taken, and a set-up that was started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from functions.api import handler as api_function
from intent_segments.lake.calendar import from_day
from intent_segments.services import run_steps
from tests.faults.account import Account, State, accounts
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Wire
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import NOW

AS_OF = START + 90
BODY: dict[str, Any] = {
    "name": "A goal",
    "segment_id": "all-users",
    "events": ["Charged"],
    "ends_on": from_day(AS_OF + 5).isoformat(),
}


def post() -> Answer:
    return ask("POST", "/v1/goals", BODY, {"idempotency-key": "once"})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, State]]:
    with accounts(tmp_path_factory.mktemp("saving")) as made:
        made.nights.load([h for h in charges(users=30, days=91) if h.day <= AS_OF])
        yield made, made.state()


@pytest.mark.parametrize("fault", Fault)
def test_one_goal_is_saved_and_started(loaded: tuple[Account, State], fault: Fault) -> None:
    account, before = loaded
    account.restore(before)
    undisturbed = Wire()
    with undisturbed.tapped():
        assert post().status == 202
    for call in undisturbed.calls:
        # Ids are drawn anew in every run, so a call is known by its number.
        number = undisturbed.calls.index(call)
        account.restore(before)
        seen: list[Any] = []

        def is_it(point: Any, number: int = number, seen: list[Any] = seen) -> bool:
            seen.append(point)
            return len(seen) == number + 1

        wire = Wire(is_it, fault, meanwhile=post)
        with wire.tapped():
            first = post_or_nothing()
        assert wire.struck
        last = Wire()
        with last.tapped():
            answer = first if first is not None and first.status == 202 else post()
        assert answer.status == 202, (call, answer.text)
        (goal,) = account.stores.goals.page(5, None)[0]
        assert answer.json["id"] == goal.id
        assert account.stores.account.find().active_goals == 1, call  # type: ignore[union-attr]
        sent = [name for name, _ in wire.calls + last.calls if name.startswith("PutEvents")]
        assert "PutEvents GoalCreated" in sent, call
    COUNTED.tell("saving a goal", len(undisturbed.calls), 0)


def post_or_nothing() -> Answer | None:
    """The answer, or None where the process that would have given it is gone."""
    try:
        return post()
    except Exception:
        return None


def in_a_while(**ahead: int) -> datetime:
    return NOW + timedelta(**ahead)


def saved_by_a_process_that_died(path: str, body: dict[str, Any], written: str) -> None:
    """Ask for something without an Idempotency-Key; the process is killed once it is written."""
    wire = Wire(lambda point: point[0].startswith(f"TransactWriteItems {written}"), Fault.KILLED)
    with wire.tapped(), suppress(Exception):
        ask("POST", path, body)
    assert wire.struck and not [name for name, _ in wire.calls if name.startswith("PutEvents")]


def heard_by_a_night(account: Account, now: datetime) -> list[str]:
    """The kinds of events that the plan of a night sends."""
    wire = Wire()
    with wire.tapped():
        run_steps.plan(account.stores, {"kind": "night"}, now)
    return [name.removeprefix("PutEvents ") for name, _ in wire.calls if "PutEvents" in name]


def test_what_was_saved_by_a_process_that_died_is_started_by_the_next_night(
    loaded: tuple[Account, State],
) -> None:
    account, before = loaded
    account.restore(before)
    with patch.object(api_function.api, "clock", lambda: NOW):
        saved_by_a_process_that_died("/v1/goals", BODY, "ACCOUNT")
        saved_by_a_process_that_died("/v1/segments/all-users/exports", {}, "EXPORT")
    [goal] = account.stores.goals.at_work()
    [export] = account.stores.exports.kept(NOW)
    both = ["GoalCreated", "ExportRequested"]
    assert heard_by_a_night(account, in_a_while(minutes=15)) == []
    assert heard_by_a_night(account, in_a_while(minutes=16)) == both
    # Whose run is under way is not asked for again, until it must have died.
    for request in ({"kind": "goal_setup", "goal_id": goal.id}, {"run_id": f"export-{export.id}"}):
        run_steps.plan(account.stores, request, in_a_while(minutes=20))
    assert heard_by_a_night(account, in_a_while(hours=9)) == []
    assert heard_by_a_night(account, in_a_while(hours=25)) == both
    # A bus that refuses costs the night nothing.
    wire = Wire(lambda point: point[0].startswith("PutEvents"), Fault.REFUSED)
    with wire.tapped():
        planned = run_steps.plan(account.stores, {"kind": "night"}, in_a_while(hours=25))
    assert (planned["started_anew"], planned["start_problem"]) == (1, "Unavailable")
    account.nights.set_up(goal.id)
    assert heard_by_a_night(account, in_a_while(hours=25)) == ["ExportRequested"]
    assert heard_by_a_night(account, in_a_while(days=8)) == []  # exports are kept for a week
