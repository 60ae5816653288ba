"""A send in batches: the same recipients in the same order always make the same batches, so that a
message id says which users a message is about, and a repeat is recognised by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInput

SEND_ID = re.compile(r"[A-Za-z0-9_]{1,60}")
"""No full stop: it separates the parts of what a webhook signs. No hyphen: it ends the send id."""


@dataclass(frozen=True)
class Recipient:
    """A user and the traits that a destination is told: text, numbers, booleans. Never in reprs.

    `standing` is what a goal says of the user, `bucket` and `likelihood`, or nothing.
    """

    user_id: str = field(repr=False)
    traits: Mapping[str, Any] = field(default_factory=dict, repr=False)
    standing: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """As it stands in a message."""
        return {"user_id": self.user_id, **self.standing, "traits": dict(self.traits)}


@dataclass(frozen=True)
class Batch:
    """The recipients of one entry in the ledger.

    `replay` counts how often somebody asked for it again after it failed: the message id stays, so
    that a receiver recognises it, and the ledger gets a new entry.
    """

    send_id: str
    number: int
    recipients: tuple[Recipient, ...] = field(repr=False)
    replay: int = 0

    def __post_init__(self) -> None:
        if not SEND_ID.fullmatch(self.send_id):
            raise InvalidInput.at(
                "send_id",
                f"A send id has 1 to 60 letters, digits and underscores, not {self.send_id!r}",
            )

    @property
    def message_id(self) -> str:
        """Send id and number, such as `send_7-000012`."""
        return f"{self.send_id}-{self.number:06d}"

    @property
    def ledger_id(self) -> str:
        """What the ledger knows it by."""
        return f"{self.message_id}:{self.replay}" if self.replay else self.message_id

    @property
    def user_ids(self) -> tuple[str, ...]:
        return tuple(recipient.user_id for recipient in self.recipients)


def in_batches(
    send_id: str,
    recipients: Iterable[Recipient],
    most_users: int,
    most_bytes: int | None = None,
    size: Callable[[Recipient], int] | None = None,
) -> Iterator[Batch]:
    """Recipients in their order, at most `most_users` and `most_bytes` (by `size`) to a batch.

    A recipient who is larger than `most_bytes` alone gets a batch alone: its sender reports it.
    Jobs that share a send each have a send id of their own, such as `send7_g0003`.
    """
    number, held, weight = 0, list[Recipient](), 0
    for recipient in recipients:
        more = size(recipient) if size else 0
        full = len(held) == most_users or (most_bytes is not None and weight + more > most_bytes)
        if held and full:
            yield Batch(send_id, number, tuple(held))
            number, held, weight = number + 1, [], 0
        held.append(recipient)
        weight += more
    if held:
        yield Batch(send_id, number, tuple(held))
