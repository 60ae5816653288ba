"""One night publishes everything: fifty goals at once, any number of groups in the same memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from intent_segments.errors import LimitReached
from intent_segments.goals.goal import Goal, Status
from intent_segments.goals.plan import Plan, planned
from intent_segments.services import run_steps
from intent_segments.services.goal_room import require_room
from intent_segments.services.night_sizes import NO_SIZES
from intent_segments.services.tallies import added_up
from intent_segments.store.item_size import item_bytes
from tests.fixtures import aws_limits as limits
from tests.fixtures.largest import count, largest, long_definition
from tests.unit.store.stack import CUTS, FORECAST, NOW, a_goal, save, terms


def a_running_goal(number: int, definition: dict[str, Any]) -> Goal:
    made = {"forecast": FORECAST, "cuts": CUTS.to_json(), "day0": {"date": "2026-11-20"}}
    asked = replace(terms(), definition=definition)
    return a_goal(f"goal_{number:02d}", terms=asked, status=Status.ACTIVE, **made)


def test_fifty_goals_fit_one_night_and_one_that_would_not_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Fifty are the most an account may allow; groups make no difference to what is published."""
    with largest(tmp_path_factory.mktemp("fifty"), groups=4) as account:
        stores = account.stores
        stores.account.get_or_create("UTC", "salt")
        stores.account.change({"goal_limit": 50})
        for number in range(50):
            save(stores, a_running_goal(number, {"users": ["u" * 46_000]}))
        with pytest.raises(LimitReached, match=r"a night can publish 3\.4 MB.*trait"):
            require_room(stores, a_running_goal(50, long_definition()), 50)
        small = a_running_goal(50, {"all": []})
        require_room(stores, small, 50)
        event = run_steps.plan(stores, {"kind": "night", "date": "2026-11-21"}, NOW)
        count(stores, Plan.from_json(stores.objects.get_json(event["plan_key"])), over=True)
        run_steps.finish(stores, event, NOW)
        actions, bytes_ = account.transactions[-1]
        assert actions == 53
        assert limits.TRANSACTION // 2 < bytes_ < limits.TRANSACTION
        assert item_bytes(vars(stores.runs.get("night-2026-11-21"))) < limits.ITEM


def test_counts_of_any_number_of_groups_are_added_up_in_the_same_memory(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of goals that end: their whole outcomes are in the tallies, 20 kB of a goal and group."""

    def peak(groups: int) -> int:
        with largest(tmp_path_factory.mktemp("ends"), groups) as account:
            night = date(2026, 11, 30)
            goal = a_goal(status=Status.ACTIVE, cuts=CUTS.to_json())
            plan = Plan(
                run_id="night-2026-11-30",
                kind="night",
                date=night,
                manifest_key="manifests/1.json",
                attempt=1,
                groups=groups,
                timezone="UTC",
                goals=(planned(goal, "night", night, "00"),),
            )
            count(account.stores, plan, over=True, in_every_group=True)
            tracemalloc.start()
            try:
                whole = added_up(account.stores, plan, NO_SIZES).goals[goal.id]
                assert whole.realised.summary() is not None
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    assert peak(120) < 1.3 * peak(40)
