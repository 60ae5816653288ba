"""The registry of goals against a plain model of it, through any order of what can happen.

Everything is done through the services that the functions call, on the tables that AWS would have;
the model is a dictionary and the rules of docs/goals.md.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from intent_segments.errors import Conflict, Expired, InvalidInput, LimitReached
from intent_segments.goals.goal import Draft, Goal, ScoreFiles
from intent_segments.services import goals as service
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.goals import IdempotencyKey
from intent_segments.store.table import Table
from tests.unit.store.stack import FORECAST, NOW, WATERMARK, loaded_stack, terms, work

HOLDING = ("preparing", "active", "needs_data")
DAY = timedelta(days=1)
HAPPENINGS = (
    *("create", "create", "create_with_a_key", "two_at_once_for_the_last_place", "clone"),
    *("forecast", "save_from_a_forecast", "change_the_limit", "time_passes"),
    *("set_up", "set_up", "fail_the_set_up", "archive", "rename", "nights", "nights"),
)


@dataclass(frozen=True)
class Known:
    """What the model knows of a goal; `ends_on` None is a rolling one."""

    name: str
    status: str
    as_of: date
    ends_on: date | None


class Registry(RuleBasedStateMachine):
    """One account from its first goal on."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.stores = self.open.enter_context(loaded_stack())
        self.stores.account.get_or_create("UTC", "salt")
        self.now = NOW
        self.watermark = WATERMARK
        self.limit = 5
        self.goals: dict[str, Known] = {}
        self.keys: dict[str, tuple[str, str, datetime]] = {}
        self.forecasts: dict[str, tuple[date, date, datetime]] = {}
        self.scored_last: dict[str, ScoreFiles | None] = {}
        self.made = 0

    def teardown(self) -> None:
        self.open.close()

    # ---- What the model says -------------------------------------------------------------------

    @property
    def used(self) -> int:
        return sum(goal.status in HOLDING for goal in self.goals.values())

    def chosen(self, pick: int, status: str | None = None) -> str:
        """One of the goals, of those with the status where there are such; the first one is made
        where there is none."""
        if not self.goals:
            self.create(1, False)
        wanted = [goal_id for goal_id, goal in self.goals.items() if goal.status == status]
        among = sorted(wanted or self.goals)
        return among[pick % len(among)]

    def became(self, goal_id: str, status: str) -> None:
        self.goals[goal_id] = replace(self.goals[goal_id], status=status)

    def fresh_id(self) -> str:
        self.made += 1
        return f"goal_{self.made:04d}"

    @rule(what=st.sampled_from(HAPPENINGS), pick=st.integers(0, 11), flag=st.booleans())
    def something_happens(self, what: str, pick: int, flag: bool) -> None:
        """One rule for everything: of many rules hypothesis leaves some out of every run, and a
        goal's life takes three of them in their order."""
        getattr(self, what)(pick, flag)

    # ---- Saving ----------------------------------------------------------------------------------

    def save(
        self, wanted: service.NewGoal, goal_id: str, key: IdempotencyKey | None = None
    ) -> Goal:
        return service.create(
            self.stores, wanted, goal_id=goal_id, control_salt="salt", now=self.now, key=key
        )

    def draft(self, days: int | None) -> Draft:
        ends_on = None if days is None else self.watermark + days * DAY
        rolling = 1 if days is None else None
        return Draft("all-users", None, ("purchase",), ends_on, rolling_days=rolling)

    def remember(self, goal_id: str, made: Goal, wanted: service.NewGoal) -> None:
        assert made.id == goal_id and made.name == wanted.name
        self.goals[goal_id] = Known(made.name, "preparing", made.terms.as_of, made.terms.ends_on)

    def expect_saved(self, wanted: service.NewGoal) -> Goal | None:
        """A goal without a key: saved where a place is free, else refused."""
        goal_id = self.fresh_id()
        if self.used >= self.limit:
            with pytest.raises(LimitReached, match=f"{self.used} goals at work"):
                self.save(wanted, goal_id)
            return None
        made = self.save(wanted, goal_id)
        self.remember(goal_id, made, wanted)
        return made

    def create(self, pick: int, ready: bool) -> None:
        """`ready`: its set-up is through before anything else happens."""
        days = (1, 2, 3, None)[pick % 4]
        made = self.expect_saved(service.NewGoal("created", self.draft(days)))
        if made is not None:
            assert made.terms.as_of == self.watermark
            if ready:
                self.run_set_up(made.id)

    def create_with_a_key(self, pick: int, at_once: bool) -> None:
        """`at_once`: the same request arrives twice, and the second is through before the first
        writes."""
        key, name = "kl"[pick % 2], "ab"[pick // 2 % 2]
        wanted = service.NewGoal(name, self.draft(2))
        given = IdempotencyKey(key, name)
        first, second = self.fresh_id(), self.fresh_id()
        known = self.keys.get(key)
        if known is not None and known[2] > self.now:
            if known[0] != name:
                with pytest.raises(Conflict, match="another request"):
                    self.save(wanted, first, given)
            else:
                assert self.save(wanted, first, given).id == known[1]
            return
        if self.used >= self.limit:
            with pytest.raises(LimitReached):
                self.save(wanted, first, given)
            return
        if at_once:
            with just_before_writing(lambda: self.save(wanted, second, given)):
                made = self.save(wanted, first, given)
            self.remember(second, made, wanted)
        else:
            made = self.save(wanted, first, given)
            self.remember(first, made, wanted)
        self.keys[key] = (name, made.id, self.now + DAY)

    def two_at_once_for_the_last_place(self, *_: Any) -> None:
        """The one that is through first has it."""
        while self.used < self.limit - 1:
            self.create(3, False)
        if self.used != self.limit - 1:
            return
        first, second = self.fresh_id(), self.fresh_id()
        wanted = service.NewGoal("race", self.draft(1))
        with just_before_writing(lambda: self.save(wanted, second)), pytest.raises(LimitReached):
            self.save(wanted, first)
        self.remember(second, self.stores.goals.get(second), wanted)

    def forecast(self, pick: int, _: bool = False) -> None:
        self.made += 1
        forecast_id, ends_on = f"fc_{self.made}", self.watermark + (1 + pick % 2) * DAY
        asked = terms(ends_on, self.watermark).to_json()
        document = {"id": forecast_id, **asked, **FORECAST, "manifest_key": "manifests/1.json"}
        self.stores.forecasts.put(document, self.now)
        self.forecasts[forecast_id] = (self.watermark, ends_on, self.now + DAY)

    def save_from_a_forecast(self, pick: int, _: bool) -> None:
        if not self.forecasts:
            self.forecast(pick)
        forecast_id = sorted(self.forecasts)[pick % len(self.forecasts)]
        as_of, ends_on, expires = self.forecasts[forecast_id]
        wanted = service.NewGoal("from a forecast", forecast_id=forecast_id)
        if expires <= self.now:
            with pytest.raises(Expired, match="24 hours"):
                self.save(wanted, self.fresh_id())
        elif ends_on <= self.watermark:
            with pytest.raises(InvalidInput, match="is in the past"):
                self.save(wanted, self.fresh_id())
        else:
            made = self.expect_saved(wanted)
            if made is not None:
                assert (made.terms.as_of, made.terms.ends_on) == (as_of, ends_on)
                assert made.forecast is not None and made.forecast["value"] == FORECAST["value"]

    # ---- What happens to a goal ----------------------------------------------------------------

    def set_up(self, pick: int, meanwhile: bool) -> None:
        """`meanwhile`: the goal is archived just before its set-up is published."""
        self.run_set_up(self.chosen(pick, "preparing"), meanwhile)

    def run_set_up(self, goal_id: str, meanwhile: bool = False) -> None:
        preparing = self.goals[goal_id].status == "preparing"
        event = plan_run(self.stores, RunRequest("goal_setup", goal_id), self.now)
        if event["has_work"]:
            work(self.stores, f"setup-{goal_id}")
        if preparing and meanwhile:
            with just_before_writing(lambda: self.archived(goal_id)):
                done = record_progress(self.stores, event, self.now)
            assert done["status"] == "discarded"
            return
        done = record_progress(self.stores, event, self.now)
        if preparing:
            assert done["status"] == "published"
            self.became(goal_id, "active")

    def fail_the_set_up(self, pick: int, thin: bool) -> None:
        """A failure of a run that has no say any more changes nothing."""
        kind = "InsufficientHistory" if thin else "MemoryError"
        goal_id = self.chosen(pick, "preparing" if pick % 2 else "active")
        cause = {"errorType": kind, "errorMessage": "Load more."}
        event = {"run_id": f"setup-{goal_id}", "failed": {"Error": kind, "Cause": cause}}
        record_progress(self.stores, event, self.now)
        if self.goals[goal_id].status == "preparing":
            self.became(goal_id, "needs_data" if thin else "failed")

    def archive(self, pick: int, _: bool) -> None:
        self.archived(self.chosen(pick))

    def archived(self, goal_id: str) -> None:
        scores = service.archive(self.stores, goal_id).scores
        assert self.scored_last.setdefault(goal_id, scores) == scores
        self.became(goal_id, "archived")

    def rename(self, pick: int, _: bool) -> None:
        goal_id, name = self.chosen(pick), f"renamed {pick}"
        assert service.change(self.stores, goal_id, name).name == name
        self.goals[goal_id] = replace(self.goals[goal_id], name=name)

    def clone(self, pick: int, _: bool) -> None:
        source = self.stores.goals.get(self.chosen(pick))
        made = self.expect_saved(service.Clone(source).wanted(None, None))
        if made is not None:
            assert (made.terms.as_of, made.cloned_from) == (self.watermark, source.id)
            assert made.terms.horizon == source.terms.horizon
            assert made.terms.rolling == source.terms.rolling

    def nights(self, pick: int, meanwhile: bool) -> None:
        for _ in range(1 + pick % 2):
            self.night(self.chosen(pick, "active") if meanwhile else None)

    def night(self, archived: str | None) -> None:
        """Close the next day; publish it twice, as deliveries that are repeated do. The goal
        `archived` is archived just before the night is published."""
        day = self.watermark + DAY
        event = plan_run(self.stores, RunRequest("night", date=day), self.now)
        if event["has_work"]:
            work(self.stores, event["run_id"])
        with just_before_writing(lambda: archived and self.archived(archived)):
            assert record_progress(self.stores, event, self.now)["status"] == "published"
        assert record_progress(self.stores, event, self.now)["status"] == "published"
        assert self.stores.head.read().watermark == day
        self.watermark = day
        for goal_id, goal in self.goals.items():
            over = goal.ends_on is not None and goal.ends_on <= day
            if over and goal.status in ("active", "needs_data"):
                self.became(goal_id, "ended")

    def change_the_limit(self, pick: int, _: bool) -> None:
        """Also below the goals at work: they stay."""
        limit = 1 + pick % 5
        assert self.stores.account.change({"goal_limit": limit}).goal_limit == limit
        self.limit = limit

    def time_passes(self, pick: int, _: bool) -> None:
        self.now += timedelta(hours=(1, 12, 24)[pick % 3])

    # ---- What always holds -----------------------------------------------------------------------

    @invariant()
    def the_places_used_are_those_of_goals_that_hold_one(self) -> None:
        account = self.stores.account.find()
        assert account is not None and account.active_goals == self.used

    @invariant()
    def the_list_is_every_goal_newest_first_as_the_model_has_it(self) -> None:
        listed, more = self.stores.goals.page(100, None)
        assert not more and [goal.id for goal in listed] == sorted(self.goals, reverse=True)
        for goal in listed:
            if goal.id in self.scored_last:  # archived: no night scores it any more
                assert goal.scores == self.scored_last[goal.id]
            told = Known(goal.name, str(goal.status), goal.terms.as_of, goal.terms.ends_on)
            assert told == self.goals[goal.id]


def just_before_writing(other: Callable[[], Any]) -> Any:
    """The next transaction waits until `other` is through: two requests at the same time, in the
    order that is the worst for the first."""
    patched = pytest.MonkeyPatch.context()
    plain = Table.transact
    waiting = [other]

    class Interleaved:
        def __enter__(self) -> None:
            def transact(table: Table, actions: Any) -> None:
                if waiting:
                    waiting.pop()()
                plain(table, actions)

            patched.__enter__().setattr(Table, "transact", transact)

        def __exit__(self, *failed: Any) -> None:
            patched.__exit__(*failed)

    return Interleaved()


Registry.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=22,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestRegistry = Registry.TestCase
