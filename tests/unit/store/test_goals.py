from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from intent_segments.errors import Conflict, LimitReached, NotFound, Raced
from intent_segments.goals.goal import Status
from intent_segments.store.goals import IdempotencyKey
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW, WATERMARK, a_goal, save


def places(stores: Stores) -> int:
    account = stores.account.find()
    assert account is not None
    return account.active_goals


def test_a_goal_comes_back_as_it_was_saved(stores: Stores) -> None:
    goal = save(stores, a_goal())
    assert stores.goals.get("goal_1") == goal
    assert places(stores) == 1


def test_an_unknown_goal_is_named(stores: Stores) -> None:
    with pytest.raises(NotFound, match="goal_9"):
        stores.goals.get("goal_9")


def test_the_sixth_goal_is_refused_and_nothing_of_it_remains(stores: Stores) -> None:
    for number in range(5):
        save(stores, a_goal(f"goal_{number}"))
    with pytest.raises(LimitReached, match=r"5 goals at work.*Archive one"):
        save(stores, a_goal("goal_5"))
    assert places(stores) == 5
    with pytest.raises(NotFound):
        stores.goals.get("goal_5")


def test_archiving_frees_the_place_once(stores: Stores) -> None:
    save(stores, a_goal())
    stores.goals.step("goal_1", Status.ARCHIVED)
    stores.goals.step("goal_1", Status.ARCHIVED)
    assert places(stores) == 0


def test_a_failed_goal_frees_its_place_and_archiving_it_frees_no_other(stores: Stores) -> None:
    save(stores, a_goal("goal_1"))
    save(stores, a_goal("goal_2"))
    stores.goals.step("goal_1", Status.FAILED, "no such luck")
    stores.goals.step("goal_1", Status.ARCHIVED)
    assert places(stores) == 1


def test_a_goal_that_needs_data_keeps_its_place(stores: Stores) -> None:
    save(stores, a_goal())
    goal = stores.goals.step("goal_1", Status.NEEDS_DATA, "load more")
    assert (goal.status, goal.status_reason, places(stores)) == ("needs_data", "load more", 1)


def test_an_archived_goal_cannot_come_back(stores: Stores) -> None:
    save(stores, a_goal())
    stores.goals.step("goal_1", Status.ARCHIVED)
    with pytest.raises(Conflict, match="archived cannot become active"):
        stores.goals.step("goal_1", Status.ACTIVE)


def test_a_key_gives_the_same_goal_again_even_at_the_limit(stores: Stores) -> None:
    stores.account.get_or_create("UTC", "salt")
    key = IdempotencyKey("k", "print")
    for number in range(4):
        save(stores, a_goal(f"goal_{number}"))
    first = stores.goals.create(a_goal("goal_a"), WATERMARK, NOW, key)
    again = stores.goals.create(a_goal("goal_b"), WATERMARK, NOW, key)
    assert again == first
    assert places(stores) == 5


def test_a_key_is_refused_with_another_request(stores: Stores) -> None:
    stores.account.get_or_create("UTC", "salt")
    stores.goals.create(a_goal("goal_a"), WATERMARK, NOW, IdempotencyKey("k", "one"))
    with pytest.raises(Conflict, match="another request"):
        stores.goals.create(a_goal("goal_b"), WATERMARK, NOW, IdempotencyKey("k", "two"))


def test_a_key_may_be_used_again_after_a_day(stores: Stores) -> None:
    stores.account.get_or_create("UTC", "salt")
    stores.goals.create(a_goal("goal_a"), WATERMARK, NOW, IdempotencyKey("k", "one"))
    tomorrow = NOW + timedelta(hours=25)
    made = stores.goals.create(a_goal("goal_b"), WATERMARK, tomorrow, IdempotencyKey("k", "two"))
    assert made.id == "goal_b"


def test_a_goal_checked_against_a_day_that_has_passed_is_checked_again(stores: Stores) -> None:
    stores.account.get_or_create("UTC", "salt")
    with pytest.raises(Raced, match="no longer 2026-11-19"):
        stores.goals.create(a_goal(), date(2026, 11, 19), NOW)
    assert places(stores) == 0


def test_goals_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for number in range(3):
        save(stores, a_goal(f"goal_{number}"))
    page, more = stores.goals.page(2, None)
    assert ([goal.id for goal in page], more) == (["goal_2", "goal_1"], True)
    page, more = stores.goals.page(2, "goal_1")
    assert ([goal.id for goal in page], more) == (["goal_0"], False)


def test_renaming_changes_nothing_but_the_name(stores: Stores) -> None:
    goal = save(stores, a_goal())
    assert stores.goals.change("goal_1", {"name": "New"}) == replace(goal, name="New")
