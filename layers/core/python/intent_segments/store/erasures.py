"""Erasures: who is to be forgotten, as a list of user hashes in S3, and what came of each request.

DynamoDB keeps every state of an item for 35 days (point-in-time recovery), so nothing of a user is
ever in it. The list is an immutable object whose key stands in one item; every change writes a new
object and moves that key on the condition that nobody else has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from ..errors import LimitReached, NotFound, Raced
from ..lake.objects import Bucket
from .table import Action, Table, TransactionRefused

PK = "ERASURE"
LIST_PK, LIST_SK = "LAKE", "ERASED"
PENDING = "erasures/pending/"
"""Folder of the lists of users who are hidden and whose rows have still to be removed."""

MOST_PENDING = 10_000
"""Of a day. The list is written anew with every request: beyond, a request would cost seconds."""
ATTEMPTS = 8
"""Each loss means that another request was taken, so eight in a row mean a queue, not bad luck."""


@dataclass(frozen=True)
class Erasure:
    """One request. `status` is pending or done. `through` is the local day of the request (ISO):
    nothing that is dated up to it is ever taken in again. `version` is that of the list which the
    user was added with. `removed` counts what went, by kind; `goals` are those whose model had seen
    the user. Times are UTC instants as ISO text. Nothing here says who the user is.
    """

    id: str
    requested_at: str
    through: str
    version: int
    requested_by: str | None = None
    status: str = "pending"
    done_at: str | None = None
    removed: Mapping[str, int] | None = None
    goals: Sequence[str] = ()


@dataclass(frozen=True)
class Hidden:
    """A user whose erasure is pending: hash, the erasure's id, when it was asked for (UTC, ISO),
    and the version of the list that has them first."""

    uh: int
    erasure_id: str
    requested_at: str
    version: int


@dataclass(frozen=True)
class ErasedList:
    """The list at one `version`, which counts its changes. `pending` are users to hide from
    everybody. Those who have been erased lie as keyed hashes at `done_key`, None before the first;
    `salt` (hex) is the key. `closing` is the plan of a run that has moved them there and has still
    to tidy up, `done_at` the newest instant (UTC, ISO) at which users were erased."""

    version: int = 0
    pending: tuple[Hidden, ...] = ()
    pending_key: str | None = None
    done_key: str | None = None
    salt: str = ""
    closing: str | None = None
    done_at: str | None = None

    @property
    def hashes(self) -> frozenset[int]:
        """User hashes to hide."""
        return frozenset(hidden.uh for hidden in self.pending)


@dataclass(frozen=True)
class ErasureStore:
    """Keeps requests under their ids, and the list. `_read` holds the newest object read."""

    table: Table
    objects: Bucket
    _read: dict[str, tuple[Hidden, ...]] = field(default_factory=dict, compare=False, repr=False)

    def suppressed(self) -> frozenset[int]:
        """User hashes that must not be shown, counted, scored, written into files or sent to from
        this moment on. One consistent read; the list itself is fetched only when it has changed."""
        return self.current().hashes

    def last_done_at(self) -> str | None:
        """The newest instant (UTC, ISO) at which users were erased; the list stays closed."""
        item = self.table.get(LIST_PK, LIST_SK)
        return None if item is None else item["done_at"]

    def current(self) -> ErasedList:
        """The list as it is now."""
        item = self.table.get(LIST_PK, LIST_SK)
        while item is not None:
            try:
                pending = self._pending(item["pending_key"])
            except Exception:
                # Replaced between the two reads, and what is replaced is deleted. Without the right
                # to list, S3 answers 403 to a key that is not there.
                newer = self.table.get(LIST_PK, LIST_SK)
                if newer == item:
                    raise
                item = newer
                continue
            return ErasedList(
                item["version"],
                pending,
                item["pending_key"],
                item["done_key"],
                item["salt"],
                item["closing"],
                item["done_at"],
            )
        return ErasedList()

    def request(self, uh: int, erasure: Erasure, salt: str) -> Erasure:
        """Hide a user and take down the request; the pending one where there is one already.

        `erasure` has a fresh id, and its `version` is filled in; `salt` (hex) is kept by the first
        request of a stack. Raises LimitReached, Raced.
        """
        for _ in range(ATTEMPTS):
            now = self.current()
            known = next((hidden for hidden in now.pending if hidden.uh == uh), None)
            if known is not None:
                return self.get(known.erasure_id)
            if len(now.pending) >= MOST_PENDING:
                raise LimitReached(
                    f"{MOST_PENDING:,} erasures are pending, which is as many as are kept. Start "
                    'the state machine with {"kind": "erasure"} and ask again when it is done.'
                )
            taken = Erasure(**asdict(erasure) | {"version": now.version + 1})
            hidden = Hidden(uh, taken.id, taken.requested_at, taken.version)
            moved = self.move(now, (*now.pending, hidden), salt=salt)
            put = Action(PK, taken.id, put=asdict(taken), condition="attribute_not_exists(pk)")
            try:
                self.table.transact([moved, put])
            except (TransactionRefused, Raced):
                continue
            return taken
        raise Raced("Many erasures are being asked for at this moment; try again.")

    def move(
        self,
        now: ErasedList,
        pending: Sequence[Hidden],
        done_key: str | None = None,
        closing: str | None = None,
        done_at: str | None = None,
        salt: str = "",
    ) -> Action:
        """The action that makes `pending` the list, refused when it is no longer at `now`; what is
        None stays as it is. Writes the list's object, which nothing names until the action is
        done."""
        key = None
        if pending:
            # By its newest request too: two that race for a version never write the same object.
            key = f"{PENDING}{now.version + 1:08d}-{pending[-1].erasure_id}.json"
            rows = [[h.uh, h.erasure_id, h.requested_at, h.version] for h in pending]
            self.objects.put(key, json.dumps(rows, separators=(",", ":")).encode())
        return Action(
            LIST_PK,
            LIST_SK,
            put={
                "version": now.version + 1,
                "pending_key": key,
                "pending": len(pending),
                "done_key": done_key or now.done_key,
                "salt": now.salt or salt,
                "closing": closing or now.closing,
                "done_at": done_at or now.done_at,
            },
            condition="version = :now" if now.version else "attribute_not_exists(pk)",
            values={":now": now.version} if now.version else {},
        )

    def closed(self, plan_key: str) -> None:
        """Take down that the run of a plan has tidied up."""
        tidy = Action(
            LIST_PK,
            LIST_SK,
            update="SET closing = :none",
            condition="closing = :plan",
            values={":none": None, ":plan": plan_key},
        )
        with suppress(TransactionRefused):  # an earlier try has
            self.table.apply(tidy)

    def get(self, erasure_id: str) -> Erasure:
        """Raises NotFound."""
        item = self.table.get(PK, erasure_id)
        if item is None:
            raise NotFound(f"There is no erasure {erasure_id!r}. GET /v1/erasures lists them.")
        return Erasure(**item)

    def page(self, limit: int, after: str | None) -> tuple[list[Erasure], bool]:
        """Erasures, newest first, from behind the id `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after, newest_first=True)
        return [Erasure(**item) for item in items], more

    def pending_at(self, key: str) -> tuple[Hidden, ...]:
        """The list that was written at a key. Raises NotFound once it is replaced and deleted."""
        return self._pending(key)

    def _pending(self, key: str | None) -> tuple[Hidden, ...]:
        if key is None:
            return ()
        found = self._read.get(key)
        if found is None:
            found = tuple(Hidden(*row) for row in json.loads(self.objects.get(key)))
            self._read.clear()
            self._read[key] = found
        return found
