"""Exports: who is written into files, how far that is, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import NotFound, Raced
from .goals import IdempotencyKey
from .idempotency import made_with, remember
from .table import Action, Table, TransactionRefused

PK = "EXPORT"

KEPT = timedelta(days=7)
"""How long an export is there; template.yaml has the bucket delete its files after as many days."""


@dataclass(frozen=True)
class Export:
    """`status` is preparing, ready or failed (`reason` says why).

    Of a segment there are `segment_id` and its frozen `definition`; of a goal `goal_id`, `buckets`
    (labels) and `include_control`. `scores` are the score files to read, by goal. Lists that are
    made of what goals found are without the `holdout` (`goals.holdout.Holdout` JSON). `as_of` is an
    ISO date, everything is read from the lake at `manifest_key`, in `groups` files. Once it is
    ready, `files` holds {"rows", "bytes"} of each and `control_left_out` the members of control
    groups of the goals in `scores` that are not in them. Times are UTC instants as ISO text.
    """

    id: str
    format: str
    traits: Sequence[str]
    as_of: str
    manifest_key: str
    groups: int
    scores: Mapping[str, Any]
    created_at: str
    expires_at: str
    created_by: str | None = None
    segment_id: str | None = None
    definition: Mapping[str, Any] | None = None
    goal_id: str | None = None
    buckets: Sequence[str] | None = None
    include_control: bool | None = None
    holdout: Mapping[str, Any] | None = None
    status: str = "preparing"
    reason: str | None = None
    files: Sequence[Mapping[str, int]] | None = None
    control_left_out: int | None = None


@dataclass(frozen=True)
class ExportStore:
    """Keeps exports under their ids; DynamoDB deletes them by `ttl`."""

    table: Table

    def create(self, export: Export, now: datetime, key: IdempotencyKey | None) -> Export:
        """Keep a new export; with a `key` seen before, the one asked for then.

        Raises Conflict for a key used with another request, Raced for an id that is taken.
        """
        actions = [_put(export)]
        if key is not None:
            actions.append(remember("export", key, export.id, now))
        try:
            self.table.transact(actions)
        except TransactionRefused:
            earlier = None if key is None else self.saved_with(key, now)
            if earlier is None:
                raise Raced(f"The id {export.id} is taken; repeat with a fresh one.") from None
            return earlier
        return export

    def saved_with(self, key: IdempotencyKey, now: datetime) -> Export | None:
        """The export asked for with this key in the last 24 hours. Raises Conflict when the key
        came with another request then."""
        export_id = made_with(self.table, "export", key, now)
        return None if export_id is None else self.get(export_id, now)

    def get(self, export_id: str, now: datetime | None = None) -> Export:
        """Raises NotFound, from `now` on also when its days are over: DynamoDB may delete later."""
        item = self.table.get(PK, export_id)
        over = item is not None and item.pop("ttl")
        if item is None or (now is not None and over <= now.timestamp()):
            raise NotFound(
                f"There is no export {export_id!r}; exports are kept for {KEPT.days} days. "
                "GET /v1/exports lists them."
            )
        return Export(**item)

    def page(self, limit: int, after: str | None, now: datetime) -> tuple[list[Export], bool]:
        """Exports, newest first, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        kept = [item for item in items if item.pop("ttl") > now.timestamp()]
        return [Export(**item) for item in kept], more

    def kept(self, now: datetime) -> Iterator[Export]:
        """All that are there, in the order in which they were asked for."""
        for item in self.table.between(PK, "exp_", "exp_~"):
            if item.pop("ttl") > now.timestamp():
                yield Export(**item)

    def fail(self, export_id: str, reason: str) -> None:
        """Say why it could not be made; nothing happens to one that is ready, or gone."""
        try:
            self.table.apply(finish_action(export_id, {"status": "failed", "reason": reason}))
        except TransactionRefused:
            return


def finish_action(export_id: str, changes: Mapping[str, Any]) -> Action:
    """The action that ends an export, refused when it is ready already."""
    return Action(
        PK,
        export_id,
        update="SET " + ", ".join(f"#{i} = :{i}" for i in range(len(changes))),
        condition="attribute_exists(pk) AND #status <> :ready",
        names={"#status": "status"} | {f"#{i}": name for i, name in enumerate(changes)},
        values={":ready": "ready"} | {f":{i}": value for i, value in enumerate(changes.values())},
    )


def _put(export: Export) -> Action:
    ttl = int(datetime.fromisoformat(export.expires_at).timestamp())
    item = asdict(export) | {"ttl": ttl}
    return Action(PK, export.id, put=item, condition="attribute_not_exists(pk)")
