"""Events of a run go out after it is published, at least once, and never of one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.errors import Raced
from intent_segments.goals.goal import Status
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.event_bus import EventBus
from intent_segments.store.stores import Stores
from tests.fixtures.bus import Heard, listening
from tests.unit.store.stack import NOW, a_goal, save, work
from tests.unit.store.test_runs_in_order import night, run_night, set_up


@pytest.fixture
def heard() -> Iterator[list[Heard]]:
    made: list[Heard] = []
    with listening(made.append):
        yield made


def names(heard: list[Heard]) -> list[str]:
    return [event.name for event in heard]


def refusing(*_: Any) -> None:
    raise Raced("EventBridge refused")


def test_a_set_up_and_a_night_tell_once_each_however_often_they_are_repeated(
    stores: Stores, heard: list[Heard]
) -> None:
    set_up(stores)
    run_night(stores, 21)
    record_progress(stores, {"run_id": "setup-goal_1"}, NOW)
    run_night(stores, 21)
    assert names(heard) == [
        "bucket.changed/goal_1/2026-11-20",
        "bucket.changed/goal_1/2026-11-21",
    ]
    assert heard[1].detail["data"]["matrix"]["outside"]["achieved"] == 2
    assert stores.outbox.owed() == []


def test_what_could_not_be_told_is_told_by_the_repeat(stores: Stores, heard: list[Heard]) -> None:
    set_up(stores)
    plan = plan_run(stores, night(21), NOW)
    work(stores, plan["run_id"])
    with patch.object(EventBus, "announce", refusing), pytest.raises(Raced):
        record_progress(stores, plan, NOW)
    assert stores.runs.get(plan["run_id"]).status == "published" and len(heard) == 1
    for _ in range(2):
        record_progress(stores, plan, NOW)
    assert names(heard)[1:] == ["bucket.changed/goal_1/2026-11-21"]


def test_what_nobody_repeated_is_told_with_the_next_night_in_the_order_of_dates(
    stores: Stores, heard: list[Heard]
) -> None:
    with patch.object(EventBus, "announce", refusing):
        with pytest.raises(Raced):
            set_up(stores)
        with pytest.raises(Raced):
            run_night(stores, 21)
    run_night(stores, 22)
    assert [name.rpartition("-")[2] for name in names(heard)] == ["20", "21", "22"]


def test_a_discarded_set_up_and_a_night_that_is_not_published_tell_nothing(
    stores: Stores, heard: list[Heard]
) -> None:
    save(stores, a_goal())
    plan_run(stores, RunRequest("goal_setup", "goal_1"), NOW)
    work(stores, "setup-goal_1")
    stores.goals.step("goal_1", Status.ARCHIVED)
    assert record_progress(stores, {"run_id": "setup-goal_1"}, NOW)["status"] == "discarded"
    set_up(stores, "goal_2")
    plan = plan_run(stores, night(21), NOW)
    failed = {"Error": "States.Timeout", "Cause": "{}"}
    assert record_progress(stores, plan | {"failed": failed}, NOW)["status"] == "failed"
    assert names(heard) == ["bucket.changed/goal_2/2026-11-20"]


def test_without_the_ai_pack_nothing_is_told_also_not_later(
    stores: Stores, heard: list[Heard]
) -> None:
    set_up(stores)
    stores.account.change({"ai_pack": False})
    run_night(stores, 21)
    stores.account.change({"ai_pack": True})
    run_night(stores, 22)
    assert [name.rpartition("-")[2] for name in names(heard)] == ["20", "22"]


def test_more_events_than_one_call_takes_go_out_in_several(
    stores: Stores, heard: list[Heard]
) -> None:
    ids = [str(number) for number in range(23)]
    stores.bus.announce([{"type": "bucket.changed", "id": name} for name in ids])
    assert names(heard) == ids


@pytest.mark.parametrize("entries", [[{}, {"ErrorCode": "InternalFailure"}], [{}, {}]])
def test_a_bus_that_takes_a_part_is_asked_again_for_all(entries: list[dict[str, str]]) -> None:
    class Bus:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": entries}

    event = {"type": "bucket.changed"}
    with patch.object(EventBus, "client", Bus()), pytest.raises(Raced, match=r"bucket\.changed"):
        EventBus("intent-bus").announce([event, event])
