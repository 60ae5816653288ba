"""Saved goals, and the places they hold in the account's limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from ..errors import Conflict, LimitReached, NotFound, Raced
from ..goals.goal import Goal, Status
from ..goals.life_cycle import archived_reason, check_step
from .account import AccountStore, free_places, take_a_place
from .lake_head import still_at
from .table import Action, Table, TransactionRefused

PK = "GOAL"
IDEMPOTENCY_PK = "IDEMPOTENCY"

KEY_KEPT = timedelta(hours=24)
"""How long an Idempotency-Key is remembered."""

ATTEMPTS = 3
"""Tries of a step that another writer got in the way of."""


@dataclass(frozen=True)
class IdempotencyKey:
    """The caller's key and a fingerprint of the request it was sent with."""

    key: str
    fingerprint: str


@dataclass(frozen=True)
class GoalStore:
    """Keeps goals under their ids. Every change of state is conditional on the state before it,
    and frees the goal's place in the same transaction, so exactly once."""

    table: Table

    def create(
        self,
        goal: Goal,
        watermark: date,
        now: datetime,
        key: IdempotencyKey | None = None,
    ) -> Goal:
        """Save a goal and take its place; with a `key` seen before, the goal saved then.

        `watermark` is the last closed day that the goal was checked against. Raises LimitReached,
        Raced when the watermark moved meanwhile, Conflict for a key used with another request.
        """
        actions = [
            take_a_place(),
            still_at(watermark),
            Action(PK, goal.id, put=goal.to_json(), condition="attribute_not_exists(pk)"),
        ]
        if key is not None:
            actions.append(_remember(key, goal.id, now))
        try:
            self.table.transact(actions)
        except TransactionRefused as refused:
            # The key comes first: a repeat of the request that took the last place is no error.
            earlier = None if key is None else self.saved_with(key, now)
            if earlier is not None:
                return earlier
            if 0 in refused.failed:
                raise _limit_reached(self.table) from None
            if 1 in refused.failed:
                raise Raced(
                    f"The last closed day is no longer {watermark}; check the goal again."
                ) from None
            raise Raced(f"The id {goal.id} is taken; repeat with a fresh one.") from None
        return goal

    def saved_with(self, key: IdempotencyKey, now: datetime) -> Goal | None:
        """The goal saved with this key in the last 24 hours. Raises Conflict when the key came
        with another request then."""
        item = self.table.get(IDEMPOTENCY_PK, key.key)
        if item is None or item["ttl"] <= now.timestamp():
            return None
        if item["fingerprint"] != key.fingerprint:
            raise Conflict(
                "This Idempotency-Key was used with another request less than 24 hours ago. "
                "Use a new key for a new request."
            )
        return self.get(item["goal_id"])

    def get(self, goal_id: str) -> Goal:
        """Raises NotFound."""
        item = self.table.get(PK, goal_id)
        if item is None:
            raise missing(goal_id)
        return Goal.from_json(item)

    def page(self, limit: int, after: str | None) -> tuple[list[Goal], bool]:
        """Goals, newest first, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        return [Goal.from_json(item) for item in items], more

    def all(self) -> Iterator[Goal]:
        """Every goal, in the order they were made."""
        for item in self.table.between(PK, "goal_", "goal_~"):
            yield Goal.from_json(item)

    def at_work(self) -> list[Goal]:
        """The goals that hold a place, in the order they were made."""
        return [goal for goal in self.all() if goal.status.holds_a_place]

    def change(self, goal_id: str, changes: Mapping[str, Any]) -> Goal:
        """Set `name` or `metrics`. Raises NotFound."""
        names = {f"#{i}": name for i, name in enumerate(changes)}
        values = {f":{i}": value for i, value in enumerate(changes.values())}
        try:
            item = self.table.apply(
                Action(
                    PK,
                    goal_id,
                    update="SET " + ", ".join(f"#{i} = :{i}" for i in range(len(changes))),
                    condition="attribute_exists(pk)",
                    names=names,
                    values=values,
                )
            )
        except TransactionRefused:
            raise missing(goal_id) from None
        return Goal.from_json(item)

    def step(self, goal_id: str, wanted: Status, reason: str | None = None) -> Goal:
        """Bring a goal into a state; nothing happens when it is there already.

        Raises NotFound, Conflict when the state cannot follow the present one.
        """
        return self._step(goal_id, wanted, lambda _: reason)

    def archive(self, goal_id: str) -> Goal:
        """Stop a goal for good, free its place and keep the reason it had; nothing happens when it
        is archived already. Raises NotFound."""

        def reason(goal: Goal) -> str:
            return archived_reason(goal.status, goal.status_reason)

        return self._step(goal_id, Status.ARCHIVED, reason)

    def _step(self, goal_id: str, wanted: Status, reason_of: Callable[[Goal], str | None]) -> Goal:
        for _ in range(ATTEMPTS):
            goal = self.get(goal_id)
            if goal.status == wanted:
                return goal
            reason = reason_of(goal)
            actions = [step_action(goal, wanted, {"status_reason": reason})]
            if goal.status.holds_a_place and not wanted.holds_a_place:
                actions.append(free_places(1))
            try:
                self.table.transact(actions)
            except (TransactionRefused, Raced):
                continue  # another writer changed the goal: look again
            return replace(goal, status=wanted, status_reason=reason)
        raise Raced(f"Goal {goal_id} is being changed by others; try again.")


def step_action(goal: Goal, wanted: Status, changes: Mapping[str, Any]) -> Action:
    """The action that moves a goal from the state it was read in; `changes` go along.

    Raises Conflict when `wanted` cannot follow.
    """
    check_step(goal.status, wanted)
    sets = {"status": str(wanted), **changes}
    return Action(
        PK,
        goal.id,
        update="SET " + ", ".join(f"#{i} = :{i}" for i in range(len(sets))),
        condition="#0 = :before",
        names={f"#{i}": name for i, name in enumerate(sets)},
        values={":before": str(goal.status)}
        | {f":{i}": value for i, value in enumerate(sets.values())},
    )


def scored_action(
    goal: Goal, scores: Mapping[str, Any], model: Mapping[str, Any] | None = None
) -> Action:
    """The action that points an active goal to tonight's scores, and to the model that made them
    where it is a new one."""
    changes: dict[str, Any] = {"scores": scores}
    if model is not None:  # made without everybody who has been erased
        changes |= {"model": model, "retrain": None}
    return Action(
        PK,
        goal.id,
        update="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        condition="#status = :active",
        names={"#status": "status"} | {f"#{name}": name for name in changes},
        values={":active": str(Status.ACTIVE)}
        | {f":{name}": value for name, value in changes.items()},
    )


def missing(goal_id: str) -> NotFound:
    """The error for a goal id that does not exist."""
    return NotFound(f"There is no goal {goal_id!r}. GET /v1/goals lists them.")


def _remember(key: IdempotencyKey, goal_id: str, now: datetime) -> Action:
    return Action(
        IDEMPOTENCY_PK,
        key.key,
        put={
            "goal_id": goal_id,
            "fingerprint": key.fingerprint,
            "ttl": int((now + KEY_KEPT).timestamp()),
        },
        # DynamoDB may keep an expired item for days; a key may be used again after its day.
        condition="attribute_not_exists(pk) OR #ttl <= :now",
        names={"#ttl": "ttl"},
        values={":now": int(now.timestamp())},
    )


def _limit_reached(table: Table) -> LimitReached:
    account = AccountStore(table).find()
    assert account is not None  # the refused condition was on its item
    return LimitReached(
        f"The account has {account.active_goals} goals at work and may have {account.goal_limit}. "
        "Archive one (POST /v1/goals/{id}/archive), wait until one ends, or raise goal_limit "
        "(PATCH /v1/account)."
    )
