"""The one way to send: ask the ledger, send, tell the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from .batches import Batch
from .ledger import Ledger
from .receipts import Receipt, failed, summary


class Sender(Protocol):
    """An adapter to one destination."""

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """Receipts in which every recipient of the batch is named once."""


@dataclass(frozen=True)
class Sent:
    """What became of one batch. `repeated`: the ledger knew it, so nothing was sent now."""

    batch_id: str
    receipts: tuple[Receipt, ...]
    repeated: bool = False

    @property
    def gone(self) -> bool:
        """Whether the receiver answered that it wants nothing more: disable the destination."""
        return any(receipt.gone for receipt in self.receipts)


Remember = Callable[[Batch, tuple[Receipt, ...]], Mapping[str, Any]]
"""What the ledger keeps of a batch besides its summary; nothing of it may name a user."""


def once(
    batch: Batch, send: Callable[[], tuple[Receipt, ...]], ledger: Ledger, more: Remember
) -> Sent:
    """Send unless the ledger knows the batch. The entry comes first: at most once."""
    if not ledger.begin(batch.ledger_id):
        return Sent(batch.ledger_id, (), repeated=True)
    receipts = send()
    ledger.done(batch.ledger_id, {**summary(receipts), **more(batch, receipts)})
    return Sent(batch.ledger_id, receipts)


def deliver(
    batches: Iterable[Batch],
    sender: Sender,
    ledger: Ledger,
    more: Remember = lambda batch, receipts: {},
) -> Iterator[Sent]:
    """Send batches in their order, each as it is asked for.

    After an answer of 410 Gone nothing more is sent; what remains fails without an entry in the
    ledger, so that it can be sent once the destination is enabled again.
    """
    gone = False
    for batch in batches:
        if gone:
            reason = "not sent: the receiver answered 410 Gone to an earlier message"
            yield Sent(batch.ledger_id, (failed(batch.message_id, batch.user_ids, reason),))
            continue
        sent = once(batch, partial(sender.send, batch), ledger, more)
        gone = sent.gone
        yield sent
