"""Whatever happens to a call of AWS in a set-up or a night, the end is the undisturbed one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from intent_segments.goals.goal import Status
from intent_segments.lake.calendar import from_day
from tests.faults.account import Account, accounts
from tests.faults.counted import COUNTED
from tests.faults.execution import Execution
from tests.faults.wire import Fault
from tests.fixtures.charges import charges
from tests.fixtures.histories import START

EVERY_CALL = "INTENT_FAULTS_EVERY_CALL"
"""Set: slow calls are tried everywhere, also where files are read that never change. It takes some
minutes more."""

AS_OF = START + 120
HAPPENED = charges(users=150, days=123)


def ends(day: int) -> dict[str, Any]:
    return {"segment_id": "all-users", "ends_on": from_day(AS_OF + day).isoformat()}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """One goal has been at work for a night; now there is a second, and a day to close with which
    the first one ends."""
    with accounts(tmp_path_factory.mktemp("faults")) as made:
        made.nights.load([h for h in HAPPENED if h.day <= AS_OF])
        made.nights.goal(ends(2) | {"events": ["Charged"]})
        made.nights.load([h for h in HAPPENED if h.day == AS_OF + 1], "first")
        made.nights.night(from_day(AS_OF + 1))
        yield made


@pytest.fixture(scope="module")
def set_up(account: Account) -> Execution:
    goal_id = account.nights.saved(ends(9) | {"events": ["Visit"], "direction": "minimize"})
    return Execution.of(account, {"kind": "goal_setup", "goal_id": goal_id})


@pytest.fixture(scope="module")
def night(account: Account, set_up: Execution) -> Execution:
    account.restore(set_up.end)
    account.nights.load([h for h in HAPPENED if h.day == AS_OF + 2], "second")
    return Execution.of(account, {"kind": "night", "date": from_day(AS_OF + 2).isoformat()})


def losses(what: str, execution: Execution, fault: Fault) -> dict[str, list[str]]:
    quick = fault is Fault.SLOW and not os.environ.get(EVERY_CALL)
    points = execution.decisive_points() if quick else execution.points()
    found = {
        f"{execution.done[number].name}: {point}": execution.disturbed(number, point, fault)
        for number, point in points
    }
    lost = {point: differences for point, differences in found.items() if differences}
    COUNTED.tell(what, len(found), len(lost))
    return lost


def test_a_set_up_makes_the_goal_active(account: Account, set_up: Execution) -> None:
    account.restore(set_up.end)
    statuses = Counter(goal.status for goal in account.stores.goals.at_work())
    assert statuses == {Status.ACTIVE: 2}


def test_a_night_ends_one_goal_and_goes_on_with_the_other(
    account: Account, night: Execution
) -> None:
    account.restore(night.end)
    goals, _ = account.stores.goals.page(10, None)
    assert [goal.status for goal in goals] == [Status.ACTIVE, Status.ENDED]
    assert account.stores.account.find().active_goals == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", Fault)
def test_no_fault_in_a_set_up_loses_or_doubles_anything(set_up: Execution, fault: Fault) -> None:
    assert losses("set-up", set_up, fault) == {}


@pytest.mark.parametrize("fault", Fault)
def test_no_fault_in_a_night_loses_or_doubles_anything(night: Execution, fault: Fault) -> None:
    assert losses("night", night, fault) == {}


def test_a_night_that_failed_for_good_is_made_good_by_starting_it_again(night: Execution) -> None:
    points = list(night.decisive_points())
    lost = {
        point: differences
        for number, point in points
        if (differences := night.refused_to_the_end(number, point))
    }
    COUNTED.tell("night that failed for good", len(points), len(lost))
    assert lost == {}
