"""One event that says where the users of a send lie: CloudEvents 1.0 in an EventBridge event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from .aws_calls import call, client
from .backoff import Backoff
from .receipts import Receipt, failed

SOURCE = "intent-segments"
MOST_BYTES = 262_144
"""Of an entry. PutEvents takes 1 MB since January 2026; targets and other partitions take less."""
TIME_BYTES = 14
"""What an entry's time counts for ("Calculating PutEvents event entry size")."""


@dataclass(frozen=True)
class Announcement:
    """What is told: `manifest` is the link to a JSON file that lists the files of users, None in a
    test; `about` has counts and ids, never users. `message_id` is the same when it is repeated."""

    message_id: str
    type: str
    time: datetime
    subject: str
    manifest: str | None
    about: Mapping[str, Any] = field(default_factory=dict)

    def envelope(self, source: str) -> dict[str, Any]:
        """The CloudEvents envelope (https://github.com/cloudevents/spec, JSON format)."""
        return {
            "specversion": "1.0",
            "id": self.message_id,
            "source": source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {**self.about, **({"manifest": self.manifest} if self.manifest else {})},
        }


@dataclass(frozen=True)
class EventBridgeSender:
    """Puts announcements on the bus with the ARN `bus`; `source` is the URI of the stack."""

    bus: str
    backoff: Backoff
    source: str = f"urn:{SOURCE}"

    @cached_property
    def _client(self) -> Any:
        return client("events", self.bus.split(":")[3])

    def announce(self, announcement: Announcement) -> tuple[Receipt, ...]:
        """One receipt without users. A lost answer is tried again: the envelope's id lets targets
        recognise a repeat."""
        detail = json.dumps(announcement.envelope(self.source), separators=(",", ":"))
        entry = {
            "EventBusName": self.bus,
            "Source": SOURCE,
            "DetailType": announcement.type,
            "Detail": detail,
            "Time": announcement.time,
        }
        name = announcement.message_id
        size = TIME_BYTES + len(f"{SOURCE}{announcement.type}{detail}".encode())
        if size >= MOST_BYTES:
            return (failed(name, (), f"an event of {size} bytes is over {MOST_BYTES - 1}"),)
        attempt = 0
        while True:
            attempt += 1
            called = call(
                lambda: self._client.put_events(Entries=[entry]), self.backoff, recognised=True
            )
            if called.answer is None:
                reason = called.reason
            elif called.answer["FailedEntryCount"]:
                # The bus answers 200 and says in the entry that it was too busy.
                reason = str(called.answer["Entries"][0].get("ErrorCode"))
                if self.backoff.pause(attempt):
                    continue
            else:
                event_id = called.answer["Entries"][0]["EventId"]
                return (Receipt(name, (), "sent", attempt, called.last_status, None, event_id),)
            status = called.status if called.answer is None else "failed"
            return (Receipt(name, (), status, attempt, called.last_status, reason),)
