"""What the product tells the rest of the account, on EventBridge."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import Raced

SOURCE = "intent-segments"
GOAL_CREATED = "GoalCreated"
EXPORT_REQUESTED = "ExportRequested"


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

    def _put(self, kind: str, detail: dict[str, str]) -> None:
        answer = self.client.put_events(
            Entries=[
                {
                    "EventBusName": self.name,
                    "Source": SOURCE,
                    "DetailType": kind,
                    "Detail": json.dumps(detail),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode")
            raise Raced(f"EventBridge refused the event {kind} ({code}); try again.")
