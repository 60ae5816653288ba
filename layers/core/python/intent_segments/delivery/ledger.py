"""The ledger: which batches were begun, written before anything is sent.

Whoever dies between writing and sending leaves a batch that was begun and never done. It is not
sent again by itself: at most once, at the price of a batch that perhaps nobody got.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

KEPT = timedelta(days=400)
"""How long an entry forbids a repeat; nothing sends that long after its plan was made."""


class Ledger(Protocol):
    """What `deliver` asks before and tells after a batch. Ids are those of batches, not users."""

    def begin(self, batch_id: str) -> bool:
        """Whether the caller, and nobody else ever, may send this batch."""

    def done(self, batch_id: str, result: Mapping[str, Any]) -> None:
        """Keep what became of it."""


@dataclass(frozen=True)
class Entry:
    """A batch that was begun, and what became of it: None while nobody knows."""

    batch_id: str
    begun_at: datetime
    result: Mapping[str, Any] | None


@dataclass(frozen=True)
class TableLedger:
    """The ledger in the stack's DynamoDB table: pk `SEND#<send id>`, sk the batch id.

    `now` gives an aware datetime, `token` a string that is new with every call. The client is made
    on first use.
    """

    table: str
    now: Callable[[], datetime]
    token: Callable[[], str]

    @cached_property
    def _client(self) -> Any:
        import boto3

        return boto3.client("dynamodb")

    def begin(self, batch_id: str) -> bool:
        from botocore.exceptions import ClientError

        token, now = self.token(), self.now()
        entry = _key(batch_id) | {
            "begun_at": {"S": now.isoformat()},
            "token": {"S": token},
            "ttl": {"N": str(int((now + KEPT).timestamp()))},
        }
        try:
            self._client.put_item(
                TableName=self.table,
                Item=entry,
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            # boto3 repeats a put whose answer was lost, and then meets its own entry.
            found = self._client.get_item(
                TableName=self.table, Key=_key(batch_id), ConsistentRead=True
            )
            return bool(found.get("Item", {}).get("token") == entry["token"])
        return True

    def done(self, batch_id: str, result: Mapping[str, Any]) -> None:
        self._client.update_item(
            TableName=self.table,
            Key=_key(batch_id),
            UpdateExpression="SET done_at = :now, #result = :result",
            ExpressionAttributeNames={"#result": "result"},
            ExpressionAttributeValues={
                ":now": {"S": self.now().isoformat()},
                ":result": {"S": json.dumps(dict(result), separators=(",", ":"))},
            },
        )

    def entries(self, send_id: str) -> list[Entry]:
        """Every batch of a send that was begun, in the order of their ids."""
        return [
            Entry(
                item["sk"]["S"],
                datetime.fromisoformat(item["begun_at"]["S"]),
                json.loads(item["result"]["S"]) if "done_at" in item else None,
            )
            for item in self._items(send_id)
        ]

    def _items(self, send_id: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"SEND#{send_id}"}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]


def _key(batch_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"SEND#{batch_id.split('-')[0]}"}, "sk": {"S": batch_id}}
