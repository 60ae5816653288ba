"""One group of users in a send: who it is for, the delivery, and what became of it.

A job ends before its time does and says that it is unfinished; the state machine then calls it
again. What was begun is in the ledger, so every call goes on where the one before stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ..campaigns.engagement import Engagement
from ..delivery.ad_platforms import Platform, write_ad_audience
from ..delivery.batches import Batch
from ..delivery.deliver import Sender, deliver
from ..delivery.destination import Destination
from ..delivery.files import write_audience
from ..delivery.kinds import AdSettings, FileSettings
from ..delivery.ledger import TableLedger
from ..delivery.messages import parse_message
from ..delivery.reach import FILE_KINDS, Reach, ad_user
from ..delivery.receipts import Receipt
from ..delivery.senders import Tools, sender_of
from ..delivery.webhook import Send as What
from ..segments.crossings import Crossing
from ..store.account import CHANNELS
from ..store.sends import Send
from ..store.stores import Stores
from .audiences import TO_SEND, audience, recipient
from .delivered_files import file_key
from .message_kinds import TYPES, ByCrossing
from .people import Columns, People
from .send_manifests import announce
from .settling import OPEN, BatchState, message_id, settle, settle_file, states, told
from .suppression import suppressed

BUDGET_SECONDS = 300.0
"""After which a job begins no further batch. A batch can take 20 seconds and a pause of 120 for
each of 5 tries; together that is less than the 900 that a function has."""

GONE = "Its receiver answered 410 Gone. Enable it again when it is back."


@dataclass(frozen=True)
class Machine:
    """What a job needs besides its stores: adapters' tools, monotonic seconds, fresh tokens."""

    tools: Tools
    clock: Callable[[], float]
    token: Callable[[], str]


def send_group(
    stores: Stores, event: Mapping[str, Any], folder: Path, machine: Machine
) -> dict[str, Any]:
    """Do the job {"plan_key", "group", …}: deliver to the group's users, or those of the batches
    that are to be sent again, and write down what became of them.

    The job of a run that announces tells where the files are. Returns the event with `unfinished`,
    and nothing of the users. Raises NotFound for a destination that is gone, and as `announce`.
    """
    plan = stores.objects.get_json(event["plan_key"])
    if "announces" in plan:
        announce(stores, plan, machine.tools)
        return {**event, "unfinished": False}
    job = _Job.of(stores, plan, int(event["group"]), folder, machine)
    finished = job.write_file() if job.destination.kind in FILE_KINDS else job.send_batches()
    stores.meter.add(users=len(job.columns["uh"]) if finished else 0)
    return {**event, "unfinished": not finished}


@dataclass(frozen=True)
class _Job:
    stores: Stores
    engagement: Engagement
    destination: Destination
    reach: Reach
    send: Send
    group: int
    replay: Mapping[str, int] | None
    columns: Columns
    folder: Path
    machine: Machine

    @classmethod
    def of(
        cls, stores: Stores, plan: Mapping[str, Any], group: int, folder: Path, machine: Machine
    ) -> _Job:
        engagement, send = Engagement.from_json(plan["engagement"]), Send(**plan["send"])
        kept, _ = stores.destinations.get(engagement.destination_id)
        destination = Destination.of_kept(kept)
        message = parse_message(destination.kind, engagement.message)
        reach = Reach(destination, message, _consent(stores, destination.kind))
        columns = audience(stores, engagement, reach, send, group, folder)
        return cls(
            stores,
            engagement,
            destination,
            reach,
            send,
            group,
            plan.get("replay"),
            columns,
            folder,
            machine,
        )

    @property
    def ledger(self) -> TableLedger:
        """Entries of this group's batches."""
        tools = self.machine.tools
        return TableLedger(self.stores.table.name, tools.now, self.machine.token)

    def send_batches(self) -> bool:
        """Deliver what is still to be delivered; whether that is all."""
        ledger = self.ledger
        known = states(self.columns, ledger.entries(self.send.group_id(self.group)))
        tries = self._due(known)
        late = False
        if tries:
            wanted = self._wanted(known, tries)
            members = {number: self._places(number) for number in tries}

            def remember(batch: Batch, receipts: tuple[Receipt, ...]) -> Mapping[str, Any]:
                return {"outcomes": told(members[batch.number], receipts, wanted)}

            sender = ByCrossing(self._senders(), self._crossings())
            batches = _Begun(self._batches(tries, wanted), self.machine.clock, self._goes_on)
            for sent in deliver(batches, sender, ledger, remember):
                if sent.gone:
                    now = self.machine.tools.now()
                    self.stores.destinations.disable(self.destination.id, GONE, now)
            late = batches.late
        if not late:
            settle(self.stores, self.send, self.group, self.columns, ledger)
        return not late

    def write_file(self) -> bool:
        """Write the group's file anew; the same users give the same bytes."""
        key = file_key(self.destination, self.send, self.group)
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / "users"
            chosen = self.columns["uh"][self.columns["outcome"] == TO_SEND]
            left = set(chosen.tolist()) - suppressed(self.stores) - self._held_out()
            with self._people(np.array(sorted(left), np.int64)) as found:
                rows = self._written(found, path)
            size = path.stat().st_size
            self.stores.objects.upload({key: path})
        file = {"rows": rows, "bytes": size}
        settle_file(self.stores, self.send, self.group, self.columns, file)
        return True

    def _due(self, known: Mapping[int, BatchState]) -> dict[int, int]:
        """Number of a batch -> which try of it is due: the first one, or that of the replay. What
        was tried already the ledger knows."""
        if self.replay is None:
            return {number: 0 for number, state in known.items() if not state.entries}
        ids = {message_id(self.send, self.group, number): number for number in known}
        return {ids[batch]: n for batch, n in self.replay.items() if batch in ids}

    def _wanted(self, known: Mapping[int, BatchState], tries: Mapping[int, int]) -> frozenset[int]:
        """The users of these batches who have not been reached and may be."""
        found = set[int]()
        for number in tries:
            open_ = np.isin(known[number].outcome, OPEN)
            found.update(uh for place, uh in self._places(number).items() if open_[place])
        return frozenset(found - self._held_out())

    def _held_out(self) -> set[int]:
        """Users of the audience who are held out of everything by now: it may be older than the
        holdout. Whoever left a segment is told of still, so that its receiver lets go of them."""
        holdout = self.stores.account.holdout()
        if holdout is None:
            return set()
        users = self.columns["uh"]
        if self.engagement.audience.stream:
            users = users[self.columns["crossing"] != Crossing.LEFT]
        held = np.array(holdout.holds(users.tolist()), bool)
        return set(users[held].tolist())

    def _places(self, number: int) -> dict[int, int]:
        """Users of a batch by their place in it."""
        inside = self.columns["batch"] == number
        users, places = self.columns["uh"][inside], self.columns["place"][inside]
        return dict(zip(places.tolist(), users.tolist(), strict=True))

    def _batches(self, tries: Mapping[int, int], wanted: frozenset[int]) -> Iterator[Batch]:
        """Batches in their order, of those users who may still be sent to."""
        left = np.array(sorted(wanted - suppressed(self.stores)), np.int64)
        of = dict(zip(self.columns["uh"].tolist(), self.columns["batch"].tolist(), strict=True))
        send_id = self.send.group_id(self.group)
        with self._people(left) as found:
            for number, persons in groupby(found, lambda person: of[person.uh]):
                recipients = tuple(recipient(person, self.reach) for person in persons)
                yield Batch(send_id, number, recipients, tries[number])

    def _senders(self) -> dict[Crossing, Sender]:
        """The adapter to the destination, for each kind of message that the engagement sends."""
        at, about = datetime.fromisoformat(self.send.started_at), self._about()
        return {
            crossing: sender_of(
                self.destination,
                What(name, at, about),
                self.reach.message,
                self.machine.tools,
            )
            for crossing, name in TYPES.items()
            if bool(crossing) == bool(self.engagement.audience.stream)
        }

    def _crossings(self) -> dict[int, Crossing]:
        """What each batch says of its users."""
        if not self.engagement.audience.stream:
            return {}
        columns = self.columns
        said = zip(columns["batch"].tolist(), columns["crossing"].tolist(), strict=True)
        return {batch: Crossing(crossing) for batch, crossing in said}

    def _people(self, only: npt.NDArray[np.int64]) -> People:
        return People(
            self.stores,
            self.engagement,
            self.send,
            self.group,
            self.reach.traits,
            self.folder,
            only,
            self.columns if self.engagement.audience.stream else None,
        )

    def _about(self) -> dict[str, Any]:
        """What every message says of the engagement."""
        about = {"engagement_id": self.engagement.id, "send": self.send.name}
        if self.engagement.audience.goal_id is not None:
            about["goal_id"] = self.engagement.audience.goal_id
        if self.engagement.audience.stream and self.engagement.audience.segment_id is not None:
            about["segment_id"] = self.engagement.audience.segment_id
        if self.engagement.reference is not None:
            about["reference"] = self.engagement.reference
        return about

    def _goes_on(self) -> bool:
        """Whether another batch may begin: neither has the engagement been stopped nor its
        destination disabled meanwhile."""
        if self.stores.engagements.get(self.engagement.id).status == "stopped":
            return False
        found = self.stores.destinations.find(self.destination.id)
        return found is not None and bool(found[0]["enabled"])

    def _written(self, found: People, path: Path) -> int:
        settings = self.destination.settings
        if isinstance(settings, AdSettings):
            users = (ad_user(settings, person.traits) for person in found)
            platform = cast(Platform, self.destination.kind)
            return write_ad_audience(users, platform, path, settings.phone_country_code).rows
        columns = found.as_table(self.reach.told)
        form = settings.format if isinstance(settings, FileSettings) else "parquet"
        return write_audience(found.con, "as_table", columns, path, form)


class _Begun:
    """Batches one after the other while they may begin; `late` when there was no time for all."""

    def __init__(
        self, batches: Iterator[Batch], clock: Callable[[], float], goes_on: Callable[[], bool]
    ) -> None:
        self._batches, self._clock, self._goes_on = batches, clock, goes_on
        self._ends = clock() + BUDGET_SECONDS
        self.late = False

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._batches:
            self.late = self._clock() > self._ends
            if self.late or not self._goes_on():
                return
            yield batch


def _consent(stores: Stores, kind: str) -> str | None:
    """The trait that has to be true for whoever is written to on the account's channel."""
    account = stores.account.find()
    channels = CHANNELS if account is None else account.channels
    return channels.get(kind, {}).get("consent")
