"""A stack in process with a queue of calls and a write key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
import pytest

from intent_segments.services import write_keys
from intent_segments.services.landing import land
from intent_segments.services.receiving import Receiver
from intent_segments.services.rolling_up import roll_up
from intent_segments.settings import Settings
from intent_segments.store.stores import Stores
from tests.unit.store.stack import NOW, empty_stack


@dataclass
class Tracking:
    """Takes calls, lands them and rolls them up, each when told to."""

    stores: Stores
    key: str
    folder: Any

    def receiver(self) -> Receiver:
        return Receiver(self.stores)

    def messages(self, twice: bool = False) -> list[dict[str, Any]]:
        """What waits in the queue, as Lambda hands it out; it stays there when it is to come
        `twice`."""
        found = []
        sqs = self.stores.calls.client
        while True:
            answer = sqs.receive_message(
                QueueUrl=self.stores.calls.url,
                MaxNumberOfMessages=10,
                AttributeNames=["All"],
                VisibilityTimeout=0 if twice else 60,
            )
            messages = answer.get("Messages", [])
            found += [
                {"messageId": m["MessageId"], "body": m["Body"], "attributes": m["Attributes"]}
                for m in messages
            ]
            if not messages or twice:
                return found
            for message in messages:
                sqs.delete_message(
                    QueueUrl=self.stores.calls.url, ReceiptHandle=message["ReceiptHandle"]
                )

    def land(self) -> dict[str, Any]:
        return land(self.stores, self.messages())

    def roll_up(self, now=NOW) -> dict[str, Any]:
        return roll_up(self.stores, now, self.folder, lambda: True)


@pytest.fixture
def tracking(tmp_path) -> Iterator[Tracking]:
    with empty_stack():
        url = boto3.client("sqs").create_queue(QueueName="calls")["QueueUrl"]
        with patch.dict(os.environ, {"CALLS_QUEUE": url}):
            stores = Stores.of(Settings.from_env())
            made = write_keys.create(stores, "web", bytes(range(24)), NOW, None)
            yield Tracking(stores, made["write_key"], tmp_path)
