"""The one pointer to the current state of the lake, and the watermark beside it.

Everything it points to is immutable; a commit is one conditional write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ..errors import Raced
from .account import PK as ACCOUNT_PK
from .account import SK as ACCOUNT_SK
from .account import no_goal_at_work
from .table import Action, Table, TransactionRefused

PK, SK = "LAKE", "HEAD"


@dataclass(frozen=True)
class Head:
    """`version` 0 and no manifest before the first import. `watermark` is the last closed day."""

    version: int
    manifest_key: str | None
    watermark: date | None


@dataclass(frozen=True)
class LakeHead:
    """Reads and moves the pointer."""

    table: Table

    def read(self) -> Head:
        """The state as last committed."""
        item = self.table.get(PK, SK)
        if item is None:
            return Head(0, None, None)
        watermark = item.get("watermark")
        return Head(
            item["version"],
            item["manifest_key"],
            None if watermark is None else date.fromisoformat(watermark),
        )

    def commit(self, expected_version: int, manifest_key: str, watermark: date | None) -> Head:
        """Make `manifest_key` current as version `expected_version` + 1; returns the new state.

        The watermark only ever moves forward, and only while no goal holds a place: a goal at work
        needs its nights one by one, so then nothing but the nightly run moves it and `watermark`
        has no effect. Raises Raced when another writer committed first.
        """
        head = self.read()
        if head.version != expected_version:
            raise _raced(expected_version, head)
        moves = watermark is not None and (head.watermark is None or watermark > head.watermark)
        if moves and not self._goals_at_work():
            assert watermark is not None
            actions = [
                _advance(expected_version, manifest_key, watermark),
                no_goal_at_work(),
            ]
        else:
            actions = [_advance(expected_version, manifest_key, None)]
        try:
            self.table.transact(actions)
        except TransactionRefused:
            raise _raced(expected_version, self.read()) from None
        return self.read()

    def _goals_at_work(self) -> bool:
        account = self.table.get(ACCOUNT_PK, ACCOUNT_SK)
        return account is not None and account["active_goals"] > 0


def still_at(watermark: date) -> Action:
    """The check that the last closed day is still `watermark`."""
    return Action(PK, SK, condition="watermark = :w", values={":w": watermark})


def close_day(day: date) -> Action:
    """The action that moves the watermark to `day` from the day before it."""
    return Action(
        PK,
        SK,
        update="SET watermark = :day",
        condition="watermark = :before",
        values={":day": day, ":before": day - timedelta(days=1)},
    )


def _advance(expected: int, manifest_key: str, watermark: date | None) -> Action:
    update = "SET version = :next, manifest_key = :key"
    values: dict[str, object] = {":next": expected + 1, ":key": manifest_key}
    condition = "attribute_not_exists(pk)"
    if expected:
        condition = "version = :expected"
        values[":expected"] = expected
    if watermark is not None:
        update += ", watermark = :w"
        values[":w"] = watermark
        condition += " AND (attribute_not_exists(watermark) OR watermark < :w)"
    return Action(PK, SK, update=update, condition=condition, values=values)


def _raced(expected: int, head: Head) -> Raced:
    return Raced(
        f"The lake moved from version {expected} to {head.version} (watermark {head.watermark}) "
        "meanwhile; read it again and repeat."
    )
