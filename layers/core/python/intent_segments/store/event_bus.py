"""What the product tells the rest of the account, on EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import Raced

SOURCE = "intent-segments"
GOAL_CREATED = "GoalCreated"
EXPORT_REQUESTED = "ExportRequested"
SEND_REQUESTED = "SendRequested"

MOST_ENTRIES = 10
"""Of one PutEvents."""


@dataclass(frozen=True)
class EventBus:
    """The bus by name. The client is made on first use."""

    name: str

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client("events")

    def goal_created(self, goal_id: str) -> None:
        """Start the set-up of a goal. Raises Raced when the bus did not take the event."""
        self._put(GOAL_CREATED, {"goal_id": goal_id})

    def export_requested(self, export_id: str) -> None:
        """Start an export. Raises Raced when the bus did not take the event."""
        self._put(EXPORT_REQUESTED, {"export_id": export_id})

    def announce(self, envelopes: Sequence[Mapping[str, Any]]) -> None:
        """Tell whoever listens: CloudEvents in the form of `delivery.eventbridge`. Raises Raced
        when the bus did not take one; earlier ones may have gone out."""
        entries = [self._entry(str(entry["type"]), entry) for entry in envelopes]
        for start in range(0, len(entries), MOST_ENTRIES):
            self._send(entries[start : start + MOST_ENTRIES])

    def send_requested(self, run_id: str) -> None:
        """Start a send of an engagement, by the run that makes it. Raises Raced when the bus did
        not take the event."""
        self._put(SEND_REQUESTED, {"run_id": run_id})

    def _put(self, kind: str, detail: dict[str, str]) -> None:
        self._send([self._entry(kind, detail)])

    def _entry(self, kind: str, detail: Mapping[str, Any]) -> dict[str, str]:
        return {
            "EventBusName": self.name,
            "Source": SOURCE,
            "DetailType": kind,
            "Detail": json.dumps(detail),
        }

    def _send(self, entries: list[dict[str, str]]) -> None:
        answer = self.client.put_events(Entries=entries)
        if answer["FailedEntryCount"]:
            told = zip(entries, answer["Entries"], strict=True)
            refused = [(sent["DetailType"], given.get("ErrorCode")) for sent, given in told]
            kind, code = next((one for one in refused if one[1]), refused[0])
            raise Raced(f"EventBridge refused the event {kind} ({code}); try again.")
