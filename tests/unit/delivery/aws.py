"""AWS in process, and its faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.unit.store.stack import empty_stack

REGION = "eu-central-1"
ACCOUNT = "123456789012"

QUEUES = ("users", "users.fifo")

NO_ANSWER = ReadTimeoutError(endpoint_url="https://aws")
NO_CONNECTION = EndpointConnectionError(endpoint_url="https://aws")


def answered(code: str, status: int = 400) -> ClientError:
    """An error that a service answers with."""
    said: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "Send")


def faults(client: Any, errors: list[Exception], *, after: bool = False) -> None:
    """The next calls end with these errors: before the service sees them, or after it did what was
    asked."""
    waiting = iter(errors)

    def fail(**_: object) -> None:
        error = next(waiting, None)
        if error is not None:
            raise error

    register = client.meta.events.register_last if after else client.meta.events.register_first
    register("before-send", fail)


@cache
def _sqs() -> Any:
    return boto3.client("sqs")


@contextmanager
def aws() -> Iterator[None]:
    """The stack's table and bus, a queue of each kind, a verified sender."""
    with empty_stack():
        _sqs.cache_clear()
        sqs = _sqs()
        sqs.create_queue(QueueName="users")
        sqs.create_queue(QueueName="users.fifo", Attributes={"FifoQueue": "true"})
        boto3.client("sesv2").create_email_identity(EmailIdentity="shop.example")
        yield


def messages(queue: str) -> list[dict[str, Any]]:
    """Everything that lies in a queue, taken out of it."""
    sqs = _sqs()
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found: list[dict[str, Any]] = []
    while True:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        if not answer.get("Messages"):
            return found
        found += answer["Messages"]
        for message in answer["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
