"""What became of a group's users in a send, read off the ledger: the exposure log, the counts, and
the list of what failed.

All three follow from the audience and the ledger alone, so any job can write them at any time. Who
writes looks at the ledger again afterwards, and writes anew where it has moved: the last word is
always of the last entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from ..campaigns.exposures import Outcome, exposure_key
from ..delivery.batches import Batch
from ..delivery.ledger import Entry, TableLedger
from ..delivery.receipts import Receipt
from ..lake.calendar import to_day
from ..lake.columns import write_columns
from ..lake.layout import user_hash
from ..segments.crossings import Crossing
from ..store.sends import Send
from ..store.stores import Stores
from .audiences import NO_BATCH, TO_SEND
from .people import Columns
from .suppression import suppressed

KEPT, GONE = "kept", "suppressed"
"""What an entry says of users of its batch whom this try was not for."""

OUTCOMES: Mapping[str, Outcome] = {
    "sent": Outcome.SENT,
    "failed": Outcome.FAILED,
    "unknown": Outcome.UNKNOWN,
    GONE: Outcome.SUPPRESSED,
}

OPEN = (Outcome.FAILED, Outcome.UNKNOWN)
"""Users whom a replay tries again."""

NOT_BEGUN = "not sent: the destination was disabled or the engagement stopped before"


def told(
    members: Mapping[int, int], receipts: Iterable[Receipt], wanted: frozenset[int]
) -> list[list[Any]]:
    """What an entry of the ledger keeps: runs of [status, users] over the places of the batch, in
    which nobody is named. `members` are users by their place; `wanted` those whom this try was for:
    whoever of them has no receipt was not there any more."""
    by_user = {user_hash(user): r.status for r in receipts for user in r.users}
    runs: list[list[Any]] = []
    for place in range(max(members) + 1):
        uh = members.get(place)
        status = by_user.get(uh or 0) or (GONE if uh in wanted else KEPT)
        if runs and runs[-1][0] == status:
            runs[-1][1] += 1
        else:
            runs.append([status, 1])
    return runs


@dataclass
class BatchState:
    """A batch so far: `outcome` by place, when it was begun last (epoch µs, 0 never), the newest
    summary, and how often it was begun."""

    outcome: npt.NDArray[np.uint8]
    at: int = 0
    begun_at: datetime | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)
    entries: int = 0

    def add(self, entry: Entry) -> None:
        """What one entry, in the order of replays, makes of it."""
        self.entries += 1
        self.begun_at = entry.begun_at
        self.at = round(entry.begun_at.timestamp() * 1_000_000)
        self.summary = entry.result or {}
        if entry.result is None:
            again = np.isin(self.outcome, OPEN)
            self.outcome[again] = Outcome.UNKNOWN
            return
        place = 0
        for status, users in entry.result["outcomes"]:
            if status in OUTCOMES:
                # Past the last user who is left there may be nobody any more.
                self.outcome[place : place + users] = OUTCOMES[status]
            place += users


def states(columns: Columns, entries: Iterable[Entry]) -> dict[int, BatchState]:
    """Every batch of an audience that has users, by its number; one that was never begun has
    failed."""
    batch = columns["batch"]
    found = {}
    for number in np.unique(batch[batch != NO_BATCH]).tolist():
        places = int(columns["place"][batch == number].max()) + 1
        found[number] = BatchState(np.full(places, Outcome.FAILED, np.uint8))
    for entry in sorted(entries, key=_order):
        if (state := found.get(_number(entry.batch_id))) is not None:
            state.add(entry)
    return found


def settle(stores: Stores, send: Send, group: int, columns: Columns, ledger: TableLedger) -> None:
    """Write the log, the counts and the failures of a group that was sent to by batches."""
    entries = ledger.entries(send.group_id(group))
    while True:
        _write(stores, send, group, columns, states(columns, entries), None)
        newer = ledger.entries(send.group_id(group))
        if newer == entries:
            return
        entries = newer


def settle_file(
    stores: Stores, send: Send, group: int, columns: Columns, file: Mapping[str, int]
) -> None:
    """The same of a group that was written into a file, whose users count as sent with it."""
    everybody, at = states(columns, ()), datetime.fromisoformat(send.started_at)
    for state in everybody.values():
        state.outcome[:] = Outcome.SENT
        state.at, state.entries = round(at.timestamp() * 1_000_000), 1
    without = list(suppressed(stores))
    for number, state in everybody.items():
        inside = columns["batch"] == number
        gone = np.isin(columns["uh"][inside], without)
        state.outcome[columns["place"][inside][gone]] = Outcome.SUPPRESSED
    _write(stores, send, group, columns, everybody, file)


def _write(
    stores: Stores,
    send: Send,
    group: int,
    columns: Columns,
    batches: Mapping[int, BatchState],
    file: Mapping[str, int] | None,
) -> None:
    outcome, at = columns["outcome"].copy(), np.zeros(len(columns["uh"]), np.int64)
    message = np.full(len(outcome), "", object)
    for number, state in batches.items():
        inside = columns["batch"] == number
        outcome[inside] = state.outcome[columns["place"][inside]]
        at[inside] = state.at
        message[inside] = message_id(send, group, number)
    # Whoever was suppressed before their batch was begun is on no list of failures.
    gone = np.isin(columns["uh"], list(suppressed(stores))) & (outcome == Outcome.FAILED)
    outcome[gone] = Outcome.SUPPRESSED
    assert not (outcome == TO_SEND).any()
    log = {
        "uh": columns["uh"],
        "arm": columns["arm"],
        "bucket": columns["bucket"],
        "day": np.full(len(outcome), to_day(date.fromisoformat(send.as_of)), np.int32),
        "at": at,
        "outcome": outcome,
        "likelihood": columns["likelihood"],
        "message_id": message,
        "crossing": columns.get("crossing", np.full(len(outcome), Crossing.NONE, np.uint8)),
    }
    with TemporaryDirectory() as scratch:
        path = write_columns(Path(scratch) / "log.parquet", log)
        stores.objects.upload({exposure_key(send.engagement_id, send.name, group): path})
    counts = {one.label: int((outcome == one).sum()) for one in Outcome}
    crossings = {
        one.label: int((columns["crossing"] == one).sum())
        for one in (Crossing.ENTERED, Crossing.LEFT)
        if "crossing" in columns
    }
    tally = {"counts": counts, "file": file, "crossings": crossings or None}
    stores.objects.put_json(send.tally_key(group), tally)
    left = {number: outcome[columns["batch"] == number] for number in batches}
    _list_failures(stores, send, group, left, batches)


def _list_failures(
    stores: Stores,
    send: Send,
    group: int,
    left: Mapping[int, npt.NDArray[np.uint8]],
    batches: Mapping[int, BatchState],
) -> None:
    """Put what failed on the list, take off what has arrived since."""
    listed = {
        failure["id"]: failure
        for failure in stores.failures.of_group(send.engagement_id, send.group_id(group))
    }
    for number, state in batches.items():
        batch = message_id(send, group, number)
        users = int(np.isin(left[number], OPEN).sum())
        if not users:
            if batch in listed:
                stores.failures.clear(send.engagement_id, batch)
            continue
        first: Mapping[str, Any] = next(iter(state.summary.get("failures", ())), {})
        in_doubt = bool((left[number] == Outcome.UNKNOWN).any())
        failure = {
            "id": batch,
            "send": send.name,
            "group": group,
            "status": "in_doubt" if in_doubt else "failed" if state.entries else "not_sent",
            "users": users,
            "attempts": state.summary.get("attempts", 0),
            "last_status": first.get("last_status"),
            "reason": first.get("reason") or (None if in_doubt else NOT_BEGUN),
            "begun_at": None if state.begun_at is None else state.begun_at.isoformat(),
            "replays": max(state.entries - 1, 0),
        }
        if listed.get(batch) != failure:
            stores.failures.put(send.engagement_id, failure)


def message_id(send: Send, group: int, number: int) -> str:
    """Of a batch; `delivery.batches.Batch` makes the same."""
    return Batch(send.group_id(group), number, ()).message_id


def _number(batch_id: str) -> int:
    return int(batch_id.partition("-")[2].partition(":")[0])


def _order(entry: Entry) -> tuple[int, int]:
    """By batch, then by replay."""
    return _number(entry.batch_id), int(entry.batch_id.partition(":")[2] or 0)
