"""The local stack under load: what can be killed in it, and what is on its way to the lake."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from intent_local.connection import Connection
from intent_local.stack.running import RunningStack
from intent_segments.lake.objects import Bucket

WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
LANDED_SECONDS = 600


def workers(running: RunningStack, function: str) -> Iterator[psutil.Process]:
    """The processes in which a function (its logical id) runs."""
    for child in psutil.Process(running.server.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if f"-{function}-" in child.environ().get("AWS_LAMBDA_FUNCTION_NAME", ""):
                yield child


def kill_workers(running: RunningStack, function: str) -> int:
    """SIGKILL the processes of a function; how many there were."""
    killed = 0
    for worker in workers(running, function):
        with suppress(psutil.NoSuchProcess):
            worker.kill()
            killed += 1
    return killed


def peak_megabytes(running: RunningStack, function: str) -> int:
    """The most memory that a process of a function has held so far; 0 where none runs."""
    most = 0
    for worker in workers(running, function):
        with suppress(FileNotFoundError):
            told = Path(f"/proc/{worker.pid}/status").read_text()
            most = max(most, int(told.split("VmHWM:")[1].split()[0]) >> 10)
    return most


def queue_url(running: RunningStack, name: str) -> str:
    """Of the queue whose logical id is `name`."""
    urls = running.client("sqs").list_queues()["QueueUrls"]
    return next(str(url) for url in urls if name in url)


def redeliver_after(running: RunningStack, seconds: int) -> None:
    """How soon the queue hands out again what a killed function had; deployed, in three minutes."""
    running.client("sqs").set_queue_attributes(
        QueueUrl=queue_url(running, "CallsQueue"), Attributes={"VisibilityTimeout": str(seconds)}
    )


def messages(running: RunningStack, queue: str) -> int:
    """Messages in a queue, those that somebody has in hand included."""
    told = running.client("sqs").get_queue_attributes(
        QueueUrl=queue_url(running, queue), AttributeNames=list(WAITING)
    )
    return sum(int(told["Attributes"][name]) for name in WAITING)


def wait_until_landed(running: RunningStack) -> None:
    """Until every call is in a file. Raises TimeoutError."""
    end = time.monotonic() + LANDED_SECONDS
    while left := messages(running, "CallsQueue"):
        if time.monotonic() > end:
            raise TimeoutError(f"{left} messages are still in the queue")
        time.sleep(0.2)


def bucket(stack: Connection) -> Bucket:
    """The stack's bucket, by its own client."""
    made = Bucket(stack.bucket)
    made.__dict__["client"] = stack.client("s3")
    return made


def manifest_key(running: RunningStack) -> str:
    """Of the lake's present state."""
    item: dict[str, Any] = running.client("dynamodb").get_item(
        TableName=running.outputs["Table"], Key={"pk": {"S": "LAKE"}, "sk": {"S": "HEAD"}}
    )["Item"]
    return str(item["manifest_key"]["S"])
