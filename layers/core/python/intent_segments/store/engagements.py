"""Engagements, which of them are at work, and what each has sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..campaigns.engagement import Engagement
from ..errors import NotFound, Raced
from .goals import IdempotencyKey
from .idempotency import made_with, remember
from .sends import Send, put_new
from .table import Action, Table, TransactionRefused

PK = "ENGAGEMENT"
AT_WORK = "ENGAGEMENT_AT_WORK"


@dataclass(frozen=True)
class EngagementStore:
    """Keeps engagements under their ids. Beside each there is a pointer from its goal and, while it
    is at work, a mark {destination_id, nightly}: a mark may outlive that for a night, never the
    other way round."""

    table: Table

    def create(self, made: Engagement, now: datetime, key: IdempotencyKey | None) -> Engagement:
        """Keep a new one; with a `key` seen before, the one saved then.

        Raises Conflict for a key used with another request, Raced for an id that is taken.
        """
        nightly = made.schedule.kind == "nightly"
        mark = {"destination_id": made.destination_id, "nightly": nightly}
        actions = [
            Action(PK, made.id, put=made.to_json(), condition="attribute_not_exists(pk)"),
            Action(AT_WORK, made.id, put=mark),
        ]
        if made.audience.goal_id is not None:
            actions.append(Action(_of(made.audience.goal_id), made.id, put={}))
        if key is not None:
            actions.append(remember("engagement", key, made.id, now))
        try:
            self.table.transact(actions)
        except TransactionRefused:
            earlier = None if key is None else self.saved_with(key, now)
            if earlier is None:
                raise Raced(f"The id {made.id} is taken; repeat with a fresh one.") from None
            return earlier
        return made

    def saved_with(self, key: IdempotencyKey, now: datetime) -> Engagement | None:
        """The engagement saved with this key in the last 24 hours. Raises Conflict."""
        found = made_with(self.table, "engagement", key, now)
        return None if found is None else self.get(found)

    def get(self, engagement_id: str) -> Engagement:
        """Raises NotFound."""
        item = self.table.get(PK, engagement_id)
        if item is None:
            raise missing(engagement_id)
        return Engagement.from_json(item)

    def page(self, limit: int, after: str | None) -> tuple[list[Engagement], bool]:
        """Engagements, newest first, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        return [Engagement.from_json(item) for item in items], more

    def page_of_goal(
        self, goal_id: str, limit: int, after: str | None
    ) -> tuple[list[Engagement], bool]:
        """Those of one goal."""
        ids, more = self.table.page_of_keys(_of(goal_id), limit, after)
        return [self.get(engagement_id) for engagement_id in ids], more

    def change(self, engagement_id: str, changes: Mapping[str, Any]) -> Engagement:
        """Set `name` or `reference`. Raises NotFound."""
        try:
            return Engagement.from_json(self.table.apply(_set(engagement_id, changes)))
        except TransactionRefused:
            raise missing(engagement_id) from None

    def end(self, engagement_id: str, status: str, reason: str | None) -> Engagement:
        """Have nothing more sent; nothing happens to one that has ended. Raises NotFound."""
        changes = {"status": status, "reason": reason}
        try:
            return Engagement.from_json(self.table.apply(_set(engagement_id, changes, active=True)))
        except TransactionRefused:
            return self.get(engagement_id)

    def begin_send(self, engagement: Engagement, send: Send) -> None:
        """Add a send behind those that the engagement was read with: of two that are planned at
        once one is the other's predecessor.

        Raises TransactionRefused when it has ended, has other sends by now, or the send is there.
        """
        append = Action(
            PK,
            engagement.id,
            update="SET #sends = list_append(#sends, :send)",
            condition="#status = :active AND size(#sends) = :seen",
            names={"#sends": "sends", "#status": "status"},
            values={":send": [send.name], ":seen": len(engagement.sends), ":active": "active"},
        )
        self.table.transact([put_new(send), append])

    def at_work(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(id, mark) of all that may be at work."""
        after: str | None = None
        more = True
        while more:
            ids, more = self.table.page_of_keys(AT_WORK, 100, after, newest_first=False)
            for engagement_id in ids:
                after = engagement_id
                mark = self.table.get(AT_WORK, engagement_id)
                if mark is not None:
                    yield engagement_id, mark

    def rest(self, engagement_id: str) -> None:
        """Take the mark off one that has ended."""
        self.table.delete(AT_WORK, engagement_id)


def missing(engagement_id: str) -> NotFound:
    """The error for an engagement id that does not exist."""
    return NotFound(f"There is no engagement {engagement_id!r}. GET /v1/engagements lists them.")


def end_action(engagement_id: str, status: str) -> Action:
    """The action that ends an engagement, whatever it was."""
    return _set(engagement_id, {"status": status})


def _of(goal_id: str) -> str:
    return f"ENGAGEMENTS_OF#{goal_id}"


def _set(engagement_id: str, changes: Mapping[str, Any], active: bool = False) -> Action:
    sets = ", ".join(f"#{i} = :{i}" for i in range(len(changes)))
    names = {f"#{i}": name for i, name in enumerate(changes)}
    values = {f":{i}": value for i, value in enumerate(changes.values())}
    if active:
        names["#status"], values[":active"] = "status", "active"
    return Action(
        PK,
        engagement_id,
        update=f"SET {sets}",
        condition="#status = :active" if active else "attribute_exists(pk)",
        names=names,
        values=values,
    )
