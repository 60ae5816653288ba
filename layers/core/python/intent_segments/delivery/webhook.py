"""Users to a webhook: batches as JSON, signed, tried again with the same message id."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..errors import InvalidInput
from .backoff import Backoff
from .batches import Batch, Recipient, in_batches
from .outbound import Answer, NoAnswer, NotReached, Outbound
from .receipts import Receipt, Status, failed
from .signature import SigningSecret, signed_headers

ENVELOPE_BYTES = 1024
"""Room for what surrounds the users of a message."""
RETRIED = (408, 425, 429)
"""4xx that say "later" (RFC 9110, RFC 8470, RFC 6585); with them every 5xx is tried again."""


@dataclass(frozen=True)
class Send:
    """What the messages of one send say: `type` such as `engagement.users`, `timestamp` (aware) at
    which the send was made, and `about`, small JSON that every message repeats. It must be the same
    when the send is repeated, so that the bytes are."""

    type: str
    timestamp: datetime
    about: dict[str, Any] = field(default_factory=dict)


def message(send: Send, batch: Batch, number: int | str | None = None) -> bytes:
    """{type, timestamp, data} with the users of a batch, as the specification recommends; `number`
    is what the message calls itself where it is a part of a batch."""
    return _compact(
        {
            "type": send.type,
            "timestamp": send.timestamp.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": {
                **send.about,
                "send_id": batch.send_id,
                "batch": batch.number if number is None else number,
                "users": [recipient.to_json() for recipient in batch.recipients],
            },
        }
    )


def message_batches(
    send_id: str, recipients: Iterable[Recipient], most_users: int, most_bytes: int
) -> Iterator[Batch]:
    """Batches whose messages have at most `most_users` users and `most_bytes` bytes."""
    return in_batches(
        send_id,
        recipients,
        most_users,
        most_bytes - ENVELOPE_BYTES,
        lambda recipient: len(_compact(recipient.to_json())) + 1,
    )


@dataclass(frozen=True)
class WebhookSender:
    """Sends batches to `url`. `now` gives aware datetimes; `secrets` sign, the newest first."""

    url: str = field(repr=False)
    secrets: tuple[SigningSecret, ...]
    what: Send
    outbound: Outbound
    backoff: Backoff
    now: Callable[[], datetime]
    most_bytes: int
    compressed: bool = False

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """One message, tried until it is delivered, refused, or out of attempts.

        2xx is delivered; 408, 425, 429, 5xx and silence are tried again, not before the time that
        Retry-After names; everything else, redirects too, fails at once. A message on which a try
        ended without an answer and that failed in the end is `unknown`.
        """
        body = message(self.what, batch)
        if len(body) > self.most_bytes:
            reason = f"a message of {len(body)} bytes is over the limit of {self.most_bytes}"
            return (failed(batch.message_id, batch.user_ids, reason),)
        attempt, last, unsure = 0, None, False
        while True:
            attempt, asked = attempt + 1, None
            try:
                answer = self._tried(batch.message_id, body)
            except InvalidInput as refused:
                return self._failed(batch, attempt, last, refused.message, unsure)
            except (NotReached, NoAnswer) as silence:
                reason, unsure = silence.message, unsure or isinstance(silence, NoAnswer)
            else:
                last = answer.status
                if 200 <= last < 300:
                    return (Receipt(batch.message_id, batch.user_ids, "sent", attempt, last),)
                reason = f"the receiver answered {last}"
                if last < 500 and last not in RETRIED:
                    return self._failed(batch, attempt, last, reason, unsure)
                asked = wait_of(answer.retry_after, self.now())
            if not self.backoff.pause(attempt, asked):
                if asked:
                    reason += f" and asked to wait {asked:.0f} seconds"
                return self._failed(batch, attempt, last, reason, unsure)

    def _tried(self, message_id: str, body: bytes) -> Answer:
        # The JSON is signed, not its compressed form: servers and the official libraries hand over
        # bodies unpacked.
        headers = signed_headers(message_id, int(self.now().timestamp()), body, self.secrets)
        headers |= {"content-type": "application/json", "user-agent": "intent-segments"}
        if self.compressed:
            headers["content-encoding"] = "gzip"
            body = gzip.compress(body, mtime=0)
        return self.outbound.post(self.url, headers, body)

    def _failed(
        self, batch: Batch, attempts: int, last: int | None, reason: str, unsure: bool
    ) -> tuple[Receipt, ...]:
        status: Status = "unknown" if unsure else "failed"
        return (Receipt(batch.message_id, batch.user_ids, status, attempts, last, reason),)


def wait_of(retry_after: str | None, now: datetime) -> float | None:
    """Seconds that Retry-After asks for: a number of them or a date (RFC 9110, 10.2.3). None where
    it is absent or neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
