"""The queue between the tracking API and the lake (SQS): what it took is safe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..errors import Raced


@dataclass(frozen=True)
class CallQueue:
    """A queue by URL, None in functions that send nothing. The client is made on first use."""

    url: str | None

    @cached_property
    def client(self) -> Any:
        import boto3
        from botocore.config import Config

        # An HTTP API gives up after 30 seconds, and a client waits less.
        patience = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3})
        return boto3.client("sqs", config=patience)

    def send(self, text: str) -> None:
        """Put a message of up to 1 MiB; when this returns it is stored on several machines.

        A message whose answer was lost can be there twice. Raises Raced when SQS did not take it.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client.send_message(QueueUrl=self.url, MessageBody=text)
        except (BotoCoreError, ClientError) as error:
            raise Raced(
                "The calls could not be stored just now; send the same request again."
            ) from error
