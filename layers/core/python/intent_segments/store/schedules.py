"""One-time starts of the state machine, by EventBridge Scheduler."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from ..settings import Starts

RETRIES = {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 3600}
"""As template.yaml has it for every start."""


@dataclass(frozen=True)
class Schedules:
    """The stack's group of schedules. Client and places are looked up on first use."""

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client("scheduler")

    @cached_property
    def starts(self) -> Starts:
        """Raises Misconfigured."""
        return Starts.from_env()

    def start_at(self, name: str, run_id: str, at: datetime) -> None:
        """Have a send's run started at an instant, once; nothing happens where a schedule of that
        name is there. Raises Misconfigured."""
        starts = self.starts
        try:
            self.client.create_schedule(
                Name=name,
                GroupName=starts.group,
                ScheduleExpression=f"at({at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": starts.state_machine,
                    "RoleArn": starts.role,
                    "Input": json.dumps({"kind": "send", "run_id": run_id}),
                    "RetryPolicy": RETRIES,
                    "DeadLetterConfig": {"Arn": starts.undelivered},
                },
            )
        except self.client.exceptions.ConflictException:
            return

    def cancel(self, name: str) -> None:
        """Nothing happens where there is none, or it has started."""
        try:
            self.client.delete_schedule(Name=name, GroupName=self.starts.group)
        except self.client.exceptions.ResourceNotFoundException:
            return
