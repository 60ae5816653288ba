"""What became of a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["sent", "failed", "unknown"]
"""`unknown`: handed over, and no answer came; it may have arrived."""

GONE = 410
"""HTTP's 410: the receiver wants nothing more, ever."""


@dataclass(frozen=True)
class Receipt:
    """One message to one or more users. `last_status` is the HTTP status of the last answer, None
    where none came; `provider_id` is the id that an AWS service gave it. Users are not in reprs."""

    message_id: str
    users: tuple[str, ...] = field(repr=False)
    status: Status
    attempts: int
    last_status: int | None = None
    reason: str | None = None
    provider_id: str | None = None

    @property
    def gone(self) -> bool:
        """Whether the destination is to be disabled."""
        return self.last_status == GONE

    def failure(self) -> dict[str, Any]:
        """The entry in the list of failed deliveries: it names no user."""
        return {
            "message_id": self.message_id,
            "attempts": self.attempts,
            "last_status": self.last_status,
            "reason": self.reason,
        }


def failed(message_id: str, users: tuple[str, ...], reason: str, attempts: int = 0) -> Receipt:
    """A message that was not accepted."""
    return Receipt(message_id, users, "failed", attempts, reason=reason)


def summary(receipts: Iterable[Receipt]) -> dict[str, Any]:
    """How many users of a batch were sent, failed and unknown, attempts, and up to 10 reasons with
    what else the list of failed deliveries shows."""
    counts: dict[str, Any] = {"sent": 0, "failed": 0, "unknown": 0, "attempts": 0}
    failures: dict[tuple[Any, ...], dict[str, Any]] = {}
    for receipt in receipts:
        counts[receipt.status] += len(receipt.users) or 1
        counts["attempts"] = max(counts["attempts"], receipt.attempts)
        if receipt.status != "sent":
            key = (receipt.status, receipt.last_status, receipt.reason)
            failures.setdefault(key, receipt.failure())
    return counts | {"failures": list(failures.values())[:10]}
