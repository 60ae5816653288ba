"""Sends of engagements, and the list of what could not be delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import NotFound
from .table import Action, Table

MEMBERSHIPS = "memberships/"
"""The folder of who was in a segment that is streamed: by engagement, then by send."""


@dataclass(frozen=True)
class Send:
    """One delivery, settled when it was planned: the audience is as of the day `as_of`, read from
    `scores` (ScoreFiles JSON by goal) and the lake at `manifest_key`, in `groups` groups; traits
    are those of the local day `traits_on`. Users of the sends `earlier` are not in it again,
    and who is held out of everything (`goals.holdout.Holdout` JSON) is in none.

    `status` is running, published or failed (`reason` says why). Once it is published `counts` has
    users by outcome, `crossings` those who entered and left a segment that is streamed, and `files`
    {"rows", "bytes"} of each file, if it writes any. `replays` counts
    how often failed batches were asked for again. Times are UTC instants as ISO text.
    """

    engagement_id: str
    name: str
    as_of: str
    manifest_key: str
    groups: int
    traits_on: str
    started_at: str
    scores: Mapping[str, Any] = field(default_factory=dict)
    earlier: Sequence[str] = ()
    holdout: Mapping[str, Any] | None = None
    status: str = "running"
    reason: str | None = None
    finished_at: str | None = None
    counts: Mapping[str, int] | None = None
    crossings: Mapping[str, int] | None = None
    files: Sequence[Mapping[str, int]] | None = None
    replays: int = 0

    @property
    def run_id(self) -> str:
        """The run that makes it."""
        return f"send-{self.engagement_id}-{self.name}"

    def group_id(self, group: int) -> str:
        """What the ledger calls the part of one group of users."""
        return f"{self.engagement_id}_{self.name.replace('-', '')}_g{group:04d}"

    def tally_key(self, group: int) -> str:
        """Where the shard job of a group says what became of its users."""
        return f"runs/{self.run_id}/tallies/g={group:04d}.json"

    def membership_key(self, group: int) -> str:
        """Where the members of a group are written down, of an engagement that streams."""
        return f"{MEMBERSHIPS}{self.engagement_id}/{self.name}/g={group:04d}.parquet"


@dataclass(frozen=True)
class SendStore:
    """Keeps sends under their engagement and name."""

    table: Table

    def find(self, engagement_id: str, name: str) -> Send | None:
        item = self.table.get(partition(engagement_id), name)
        return None if item is None else Send(**item)

    def get(self, engagement_id: str, name: str) -> Send:
        """Raises NotFound."""
        send = self.find(engagement_id, name)
        if send is None:
            raise NotFound(
                f"Engagement {engagement_id} has no send {name!r}. "
                f"GET /v1/engagements/{engagement_id}/deliveries lists them."
            )
        return send

    def page(self, engagement_id: str, limit: int, after: str | None) -> tuple[list[Send], bool]:
        """Sends, newest first, from behind the one called `after`; whether more follow."""
        items, more = self.table.page(partition(engagement_id), limit, after, newest_first=True)
        return [Send(**item) for item in items], more

    def replay(self, send: Send, begun: Mapping[str, bool]) -> int:
        """Take down that these batches are to be sent again, and whether each was begun before; the
        number of the replay. A batch that was not is begun for the first time by it.

        Raises TransactionRefused when another one was taken down meanwhile.
        """
        number = send.replays + 1
        count = Action(
            partition(send.engagement_id),
            send.name,
            update="SET #replays = :number",
            condition="#replays = :seen",
            names={"#replays": "replays"},
            values={":number": number, ":seen": send.replays},
        )
        tries = {batch: number if was else 0 for batch, was in begun.items()}
        asked = Action(_replays(send), f"{number:06d}", put={"tries": tries})
        self.table.transact([count, asked])
        return number

    def replayed(self, send: Send, number: int) -> dict[str, int]:
        """The batches of a replay, and which try each is. Raises NotFound."""
        item = self.table.get(_replays(send), f"{number:06d}")
        if item is None:
            raise NotFound(f"{send.run_id} was not asked for again {number} times.")
        return dict(item["tries"])


@dataclass(frozen=True)
class FailureStore:
    """Batches that failed or are in doubt, under their message ids; no user is in them."""

    table: Table

    def page(
        self, engagement_id: str, limit: int, after: str | None
    ) -> tuple[list[dict[str, Any]], bool]:
        """In the order of their ids, from behind the batch `after`; whether more follow."""
        return self.table.page(_failures(engagement_id), limit, after)

    def find(self, engagement_id: str, batch: str) -> dict[str, Any] | None:
        return self.table.get(_failures(engagement_id), batch)

    def of_group(self, engagement_id: str, group_id: str) -> Iterator[dict[str, Any]]:
        """Those of one group of users in one send."""
        return self.table.between(_failures(engagement_id), f"{group_id}-", f"{group_id}-~")

    def put(self, engagement_id: str, failure: Mapping[str, Any]) -> None:
        self.table.apply(Action(_failures(engagement_id), failure["id"], put=failure))

    def clear(self, engagement_id: str, batch: str) -> None:
        """Its users have been reached."""
        self.table.delete(_failures(engagement_id), batch)


def put_new(send: Send) -> Action:
    """The action that keeps a send that is not there yet."""
    return Action(
        partition(send.engagement_id),
        send.name,
        put=asdict(send),
        condition="attribute_not_exists(pk)",
    )


def change_action(send: Send, changes: Mapping[str, Any]) -> Action:
    """The action that sets some attributes of a send."""
    return Action(
        partition(send.engagement_id),
        send.name,
        update="SET " + ", ".join(f"#{i} = :{i}" for i in range(len(changes))),
        condition="attribute_exists(pk)",
        names={f"#{i}": name for i, name in enumerate(changes)},
        values={f":{i}": value for i, value in enumerate(changes.values())},
    )


def partition(engagement_id: str) -> str:
    """Where the sends of an engagement are kept, under their names."""
    return f"SENDS#{engagement_id}"


def _replays(send: Send) -> str:
    return f"REPLAYS#{send.engagement_id}#{send.name}"


def _failures(engagement_id: str) -> str:
    return f"FAILURES#{engagement_id}"
