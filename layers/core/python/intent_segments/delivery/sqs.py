"""Users to an SQS queue: messages like those of a webhook, ten to a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from .aws_calls import Called, call, client
from .backoff import Backoff
from .batches import Batch
from .receipts import Receipt, failed
from .webhook import Send, message, message_batches

MESSAGES = 10
"""Of one request (SendMessageBatch)."""
LEAST_BYTES, MOST_BYTES = 4096, 1_048_576
"""SQS takes 1 MiB, of a message and of a request alike, since August 2025 (API reference of
SendMessageBatch)."""
USUAL_BYTES = 262_144
"""The limit of queues that were made before and kept their MaximumMessageSize."""
ATTRIBUTE = "message_id"
ATTRIBUTE_BYTES = 128
"""Name, type and value of the attribute count as well; a message id has 80 characters at most."""


@dataclass(frozen=True)
class _Message:
    id: str
    users: tuple[str, ...] = field(repr=False)
    body: str = field(repr=False)
    size: int

    def entry(self, send_id: str, fifo: bool) -> dict[str, Any]:
        """An entry of SendMessageBatch; a FIFO queue drops repeats within five minutes itself."""
        attribute = {"DataType": "String", "StringValue": self.id}
        entry = {
            "Id": self.id,
            "MessageBody": self.body,
            "MessageAttributes": {ATTRIBUTE: attribute},
        }
        if fifo:
            entry |= {"MessageGroupId": send_id, "MessageDeduplicationId": self.id}
        return entry

    def receipt(self, called: Called, reason: str | None, provider_id: str | None) -> Receipt:
        status = "sent" if provider_id else called.status if called.answer is None else "failed"
        return Receipt(
            self.id, self.users, status, called.attempts, called.last_status, reason, provider_id
        )


@dataclass(frozen=True)
class SqsSender:
    """Sends to the queue with the ARN `queue`, at most `most_users` and `most_bytes` a message."""

    queue: str
    what: Send
    backoff: Backoff
    most_users: int
    most_bytes: int

    @cached_property
    def _client(self) -> Any:
        return client("sqs", self.queue.split(":")[3])

    @cached_property
    def _url(self) -> str:
        *_, account, name = self.queue.split(":")
        answer = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        return str(answer["QueueUrl"])

    def _request(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        return dict(answer)

    def send(self, batch: Batch) -> tuple[Receipt, ...]:
        """One receipt per message. What SQS was too busy for is sent again, and so is what got no
        answer, since the message id lets readers recognise a repeat."""
        receipts = list[Receipt]()
        for request in self._requests(batch):
            fit = [m for m in request if m.size <= self.most_bytes]
            for large in set(request) - set(fit):
                reason = f"a message of {large.size} bytes is over the limit of {self.most_bytes}"
                receipts.append(failed(large.id, large.users, reason))
            receipts += self._sent(batch.send_id, fit) if fit else []
        return tuple(receipts)

    def _requests(self, batch: Batch) -> Iterator[list[_Message]]:
        """The messages of a batch, ten at a time at most, and no more bytes than one message may
        have."""
        request, weight = list[_Message](), 0
        room = self.most_bytes - ATTRIBUTE_BYTES
        for part in message_batches(batch.send_id, batch.recipients, self.most_users, room):
            body = message(self.what, part, f"{batch.number}.{part.number}")
            size = len(body) + ATTRIBUTE_BYTES
            name = f"{batch.message_id}-{part.number}"
            if request and (len(request) == MESSAGES or weight + size > self.most_bytes):
                yield request
                request, weight = [], 0
            request.append(_Message(name, part.user_ids, body.decode(), size))
            weight += size
        if request:
            yield request

    def _sent(self, send_id: str, messages: list[_Message]) -> list[Receipt]:
        fifo, receipts, attempt = self.queue.endswith(".fifo"), list[Receipt](), 0
        waiting = {message.id: message for message in messages}
        while waiting:
            attempt += 1
            entries = [message.entry(send_id, fifo) for message in waiting.values()]
            called = call(partial(self._request, entries), self.backoff, recognised=True)
            if called.answer is None:
                return receipts + [m.receipt(called, called.reason, None) for m in waiting.values()]
            for said in called.answer.get("Successful", ()):
                receipts.append(waiting.pop(said["Id"]).receipt(called, None, said["MessageId"]))
            refused = called.answer.get("Failed", ())
            hopeless = {said["Id"] for said in refused if said["SenderFault"]}
            last = len(hopeless) < len(refused) and not self.backoff.pause(attempt)
            for said in refused:
                if last or said["Id"] in hopeless:
                    receipts.append(waiting.pop(said["Id"]).receipt(called, said["Code"], None))
        return receipts
