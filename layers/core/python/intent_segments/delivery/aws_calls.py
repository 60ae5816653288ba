"""Calls to AWS services that are repeated when, and only when, that cannot send twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .backoff import Backoff
from .receipts import Receipt, Status

THROTTLED = frozenset(
    {
        "LimitExceeded",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    }
)
"""Error codes that say "later": nothing was accepted (botocore's own, those of SES and SNS)."""


def client(service: str, region: str | None = None) -> Any:
    """A boto3 client that never repeats a call by itself: its repeats after a lost answer would
    send a mail twice."""
    import boto3
    from botocore.config import Config

    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30
    )
    return boto3.client(service, region_name=region, config=config)


@dataclass(frozen=True)
class Called:
    """The answer, or None and why there is none."""

    answer: dict[str, Any] | None
    status: Status
    attempts: int
    last_status: int | None
    reason: str | None = None

    def receipt(self, message_id: str, users: tuple[str, ...]) -> Receipt:
        """Of one message to one user, whose answer has the id that the service gave it."""
        given = None if self.answer is None else str(self.answer["MessageId"])
        return Receipt(
            message_id, users, self.status, self.attempts, self.last_status, self.reason, given
        )


def call(operation: Callable[[], dict[str, Any]], backoff: Backoff, recognised: bool) -> Called:
    """Call until accepted, refused or out of attempts.

    Throttling, and connections that were never made, are tried again. A lost answer or a fault of
    the service (5xx) may have been an acceptance: it is tried again only where whoever receives it
    recognises a repeat, and is `unknown` otherwise.
    """
    attempt, unsure = 0, False
    while True:
        attempt += 1
        try:
            answer = operation()
        except Exception as error:
            last, reason, verdict = _verdict(error)
            unsure = unsure or verdict == "unknown"
            again = verdict == "again" or (verdict == "unknown" and recognised)
            if not again or not backoff.pause(attempt):
                return Called(None, "unknown" if unsure else "failed", attempt, last, reason)
        else:
            last = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return Called(answer, "sent", attempt, last)


def _verdict(error: Exception) -> tuple[int | None, str, str]:
    """HTTP status, reason, and `again`, `failed` or `unknown`. What is not botocore's is raised."""
    from botocore import exceptions as botocore

    if isinstance(error, botocore.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in THROTTLED or status == 429:
            return status, code, "again"
        return status, code, "unknown" if (status or 0) >= 500 else "failed"
    if isinstance(error, botocore.EndpointConnectionError | botocore.ConnectTimeoutError):
        return None, "no connection", "again"
    if isinstance(error, botocore.HTTPClientError):
        return None, "no answer", "unknown"
    if isinstance(error, botocore.BotoCoreError):
        return None, type(error).__name__, "failed"
    raise error
