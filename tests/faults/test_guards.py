"""Every guard against losing, doubling and tearing is needed: without it a test of races is red."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.errors import Conflict
from intent_segments.goals import plan as plans
from intent_segments.goals.progress import GoalTally
from intent_segments.propensity import artifact
from intent_segments.services import publishing, resuming
from intent_segments.store import account as accounts_store
from intent_segments.store import goals, lake_head, outbox, runs
from intent_segments.store.table import Action
from tests.faults import test_races as races
from tests.faults.account import Account, State

ALWAYS = "attribute_exists(pk) OR attribute_not_exists(pk)"

started = races.started
"""The module's account, which every scenario finds as its fixture would give it."""

Scenario = Callable[..., None]


def unconditional(action: Action) -> Action:
    """The action without its condition, and without what only the condition spoke of."""
    used = set(re.findall(r"[#:]\w+", action.update or ""))
    return replace(
        action,
        condition=ALWAYS,
        names={name: value for name, value in action.names.items() if name in used},
        values={name: value for name, value in action.values.items() if name in used},
    )


@contextmanager
def no_condition(module: Any, name: str) -> Iterator[None]:
    """The actions that a function makes lose their condition, for all who call it."""
    make = getattr(module, name)
    with ExitStack() as patches:
        for holder in (accounts_store, goals, lake_head, runs, publishing, races):
            if getattr(holder, name, None) is make:
                patches.enter_context(
                    patch.object(holder, name, lambda *given: unconditional(make(*given)))
                )
        yield


@contextmanager
def no_condition_on_a_new_account() -> Iterator[None]:
    def action(*given: Any, **more: Any) -> Action:
        made = Action(*given, **more)
        return made if made.put is None else unconditional(made)

    with patch.object(accounts_store, "Action", action):
        yield


@contextmanager
def no_checksum() -> Iterator[None]:
    class AnyChecksum(str):
        def __ne__(self, other: object) -> bool:
            return False

    found = SimpleNamespace(hexdigest=AnyChecksum)
    with patch.object(artifact, "hashlib", SimpleNamespace(sha256=lambda body: found)):
        yield


class AlwaysTheSame:
    """A seal that fits everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


GUARDS: dict[str, tuple[Callable[[], Any], Scenario]] = {
    "an account is made once": (
        no_condition_on_a_new_account,
        races.test_two_first_goals_at_once_share_one_salt,
    ),
    "a goal takes a place below the limit": (
        lambda: no_condition(accounts_store, "take_a_place"),
        races.test_two_goals_at_once_for_the_last_place_are_one_goal_and_one_refusal,
    ),
    "only taken places are freed": (
        lambda: no_condition(accounts_store, "free_places"),
        races.test_no_more_places_are_freed_than_are_taken,
    ),
    "a key of idempotency is used once": (
        lambda: no_condition(goals, "_remember"),
        races.test_the_same_request_twice_at_once_is_one_goal,
    ),
    "a goal is checked against the last closed day": (
        lambda: no_condition(lake_head, "still_at"),
        races.test_a_goal_saved_while_a_day_is_closed_begins_after_that_day,
    ),
    "a state follows the state it was decided in": (
        lambda: no_condition(goals, "step_action"),
        races.test_archiving_twice_at_once_frees_one_place,
    ),
    "a set-up finds its goal preparing": (
        lambda: no_condition(goals, "step_action"),
        races.test_a_goal_archived_while_it_is_set_up_stays_archived,
    ),
    "a night finds its goals active": (
        lambda: no_condition(goals, "scored_action"),
        races.test_a_goal_archived_while_its_night_is_published_stays_archived,
    ),
    "a published run stays": (
        lambda: no_condition(runs, "put_action"),
        races.test_a_failure_that_arrives_late_does_not_undo_a_published_night,
    ),
    "a night closes the day after the last closed one": (
        lambda: no_condition(lake_head, "close_day"),
        races.test_a_night_never_moves_the_last_closed_day_back,
    ),
    "an import commits on the version it read": (
        lambda: no_condition(lake_head, "_advance"),
        races.test_two_imports_at_once_both_arrive,
    ),
    "an import closes days only while no goal is at work": (
        lambda: no_condition(lake_head, "no_goal_at_work"),
        races.test_an_import_does_not_close_a_day_that_a_new_goal_has_before_it,
    ),
    "a run that was published while it was planned has no work": (
        lambda: patch.object(runs.RunStore, "put_unless_published", lambda *_: True),
        races.test_a_plan_made_from_goals_that_have_moved_on_writes_no_scores,
    ),
    "a night that was published from another plan stays": (
        lambda: patch.object(publishing, "_overtaken", lambda *_: False),
        lambda at_work: races.test_a_plan_that_was_overtaken_leaves_the_published_one_alone(
            at_work, "Query"
        ),
    ),
    "work that was done for another task is not taken for done": (
        lambda: patch.object(resuming, "seal_of", lambda *_: AlwaysTheSame()),
        races.test_work_that_was_damaged_since_is_done_anew,
    ),
    "what is to be told is owed with the publication": (
        lambda: patch.object(
            publishing, "_owe", lambda plan: Action("GONE", plan.run_id, put={"run_id": "-"})
        ),
        races.test_what_changed_is_told_though_the_publisher_died_before_it_could,
    ),
    "what was told is owed no more": (
        lambda: patch.object(outbox.Outbox, "sent", lambda *_: None),
        races.test_what_was_told_is_not_told_again,
    ),
    "counts are of the run's own state of the lake": (
        lambda: patch.object(plans, "_same_attempt", lambda *given: None),
        races.test_a_night_with_counts_from_another_state_of_the_lake_is_not_published,
    ),
    "counts add up": (
        lambda: patch.object(GoalTally, "check", lambda tally: None),
        races.test_a_night_whose_counts_do_not_add_up_is_not_published,
    ),
    "a model is what was trained": (
        no_checksum,
        races.test_a_model_file_that_was_swapped_is_refused_before_it_is_loaded,
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_without_it_its_race_is_lost(
    guard: str, started: tuple[Account, State, State], monkeypatch: pytest.MonkeyPatch
) -> None:
    take_away, scenario = GUARDS[guard]
    account, loaded, at_work = started
    wanted = inspect.signature(scenario).parameters
    account.restore(loaded if "loaded" in wanted else at_work)
    fixtures = {"loaded": account, "at_work": account, "monkeypatch": monkeypatch}
    with take_away(), pytest.raises((AssertionError, pytest.fail.Exception, Conflict)):
        scenario(**{name: fixtures[name] for name in wanted})
