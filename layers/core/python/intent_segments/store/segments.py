"""Saved segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import NotFound, Raced
from .goals import IdempotencyKey
from .idempotency import made_with, remember
from .table import Action, Table, TransactionRefused

PK = "SEGMENT"


@dataclass(frozen=True)
class Segment:
    """`definition` is JSON in the segment language; times are UTC instants as ISO text;
    `created_by` and `updated_by` are callers as the API's authorizer named them, None where nobody
    is asked. The segment that is built in has none of them."""

    id: str
    name: str
    definition: Mapping[str, Any]
    created_at: str | None
    updated_at: str | None
    created_by: str | None = None
    updated_by: str | None = None


@dataclass(frozen=True)
class SegmentStore:
    """Keeps segments under their ids."""

    table: Table

    def create(self, segment: Segment, now: datetime, key: IdempotencyKey | None = None) -> Segment:
        """Keep a new segment; with a `key` seen before, the one that was made then, as it is now.

        Raises Conflict for a key used with another request, NotFound for one whose segment is
        deleted, Raced for an id that is taken.
        """
        item = vars(segment).copy()
        actions = [Action(PK, segment.id, put=item, condition="attribute_not_exists(pk)")]
        if key is not None:
            actions.append(remember("segment", key, segment.id, now))
        try:
            self.table.transact(actions)
        except TransactionRefused:
            earlier = None if key is None else made_with(self.table, "segment", key, now)
            if earlier is None:
                raise Raced(f"The id {segment.id} is taken; repeat with a fresh one.") from None
            return self.get(earlier)
        return segment

    def get(self, segment_id: str) -> Segment:
        """Raises NotFound."""
        item = self.table.get(PK, segment_id)
        if item is None:
            raise missing(segment_id)
        return Segment(**item)

    def page(self, limit: int, after: str | None) -> tuple[list[Segment], bool]:
        """Segments in the order they were made, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after)
        return [Segment(**item) for item in items], more

    def change(self, segment_id: str, changes: Mapping[str, Any]) -> Segment:
        """Set some attributes (`name`, `definition`, `updated_at`, `updated_by`).

        Raises NotFound.
        """
        names = {f"#{i}": name for i, name in enumerate(changes)}
        values = {f":{i}": value for i, value in enumerate(changes.values())}
        sets = ", ".join(f"#{i} = :{i}" for i in range(len(changes)))
        try:
            item = self.table.apply(
                Action(
                    PK,
                    segment_id,
                    update=f"SET {sets}",
                    condition="attribute_exists(pk)",
                    names=names,
                    values=values,
                )
            )
        except TransactionRefused:
            raise missing(segment_id) from None
        return Segment(**item)

    def delete(self, segment_id: str) -> None:
        """Raises NotFound."""
        if not self.table.delete(PK, segment_id):
            raise missing(segment_id)


def missing(segment_id: str) -> NotFound:
    """The error for a segment id that does not exist."""
    return NotFound(
        f"There is no segment {segment_id!r}. GET /v1/segments lists the saved ones; "
        "'all-users' is built in."
    )
