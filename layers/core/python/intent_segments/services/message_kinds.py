"""What messages to machines are called, by what they say of their users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..delivery.batches import Batch
from ..delivery.deliver import Sender
from ..delivery.receipts import Receipt
from ..segments.crossings import Crossing

TYPES: Mapping[Crossing, str] = {
    Crossing.NONE: "engagement.users",
    Crossing.ENTERED: "segment.entered",
    Crossing.LEFT: "segment.left",
}


@dataclass(frozen=True)
class ByCrossing:
    """Sends every batch as what it says of its users: `of` has its number's crossing, NONE where it
    has none."""

    senders: Mapping[Crossing, Sender]
    of: Mapping[int, Crossing]

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        return self.senders[self.of.get(batch.number, Crossing.NONE)].send(batch)
