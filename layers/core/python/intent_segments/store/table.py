"""The one DynamoDB table: get, query by page, transact. Nothing here scans.

The client is made on first use: importing this module costs no boto3, and AWS_ENDPOINT_URL, where
set, is honoured by boto3 itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..errors import IntentError, Raced
from .codec import decode_item, encode, encode_item

MAX_TRANSACTION = 100
"""Actions that DynamoDB takes in one transaction."""

MAX_SORT_KEY = 1_024
"""Bytes of `sk` (DynamoDB's limit): under a longer one there is nothing."""

PAGE_QUERIES = 4
"""Queries of one page of a list. Each answers 1 MB at most, so that a page of large items ends
early, within what a function can hold and answer."""


class TransactionRefused(IntentError):
    """A transaction was cancelled because conditions did not hold: `failed` lists their indexes."""

    def __init__(self, failed: tuple[int, ...]) -> None:
        super().__init__(f"conditions {list(failed)} of the transaction did not hold")
        self.failed = failed


@dataclass(frozen=True)
class Action:
    """One action of a transaction: a Put, an Update or a ConditionCheck on the item (pk, sk).

    `update` and `condition` are DynamoDB expressions; `names` and `values` fill their `#` and `:`
    placeholders, values as plain Python.
    """

    pk: str
    sk: str
    put: Mapping[str, Any] | None = None
    update: str | None = None
    condition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A table by name. Keys are `pk` and `sk`; both are stripped from what is returned."""

    name: str

    @cached_property
    def client(self) -> Any:
        import boto3

        return boto3.client("dynamodb")

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """An item as last written (a consistent read), or None."""
        if not 0 < len(sk.encode()) <= MAX_SORT_KEY:
            return None
        answer = self.client.get_item(
            TableName=self.name, Key=encode_item({"pk": pk, "sk": sk}), ConsistentRead=True
        )
        item = answer.get("Item")
        return None if item is None else _without_keys(item)

    def page(
        self,
        pk: str,
        limit: int,
        after: str | None = None,
        newest_first: bool = False,
    ) -> tuple[list[dict[str, Any]], bool]:
        """Up to `limit` items of a partition in the order of `sk`, from behind `after`; fewer, at
        least one, where they are large.

        Returns (items, whether more follow).
        """
        query: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": encode(pk)},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": limit + 1,
        }
        if after:
            query["ExclusiveStartKey"] = encode_item({"pk": pk, "sk": _within_key(after)})
        items: list[dict[str, Any]] = []
        # A query ends at 1 MB even below its Limit, so go on until there is one item too many.
        for _ in range(PAGE_QUERIES):
            answer = self.client.query(**query)
            items += [_without_keys(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return items[:limit], len(items) > limit
            if len(items) > limit:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items[:limit], True

    def page_of_keys(
        self, pk: str, limit: int, after: str | None, newest_first: bool = True
    ) -> tuple[list[str], bool]:
        """Up to `limit` values of `sk` of a partition from behind `after`; whether more follow."""
        query: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": encode(pk)},
            "ProjectionExpression": "sk",
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": limit + 1,
        }
        if after is not None:
            query["ExclusiveStartKey"] = encode_item({"pk": pk, "sk": after})
        found = [str(item["sk"]["S"]) for item in self.client.query(**query)["Items"]]
        return found[:limit], len(found) > limit

    def between(
        self, pk: str, low: str, high: str, only: Sequence[str] = ()
    ) -> Iterator[dict[str, Any]]:
        """Every item of a partition with low <= sk <= high, in the order of `sk`.

        `only` is a path of attribute names; then nothing but the value at that path is read.
        """
        query: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": encode_item({":pk": pk, ":low": low, ":high": high}),
            "ConsistentRead": True,
        }
        if only:
            query["ProjectionExpression"] = ".".join(f"#p{i}" for i in range(len(only)))
            query["ExpressionAttributeNames"] = {f"#p{i}": name for i, name in enumerate(only)}
        while True:
            answer = self.client.query(**query)
            for item in answer["Items"]:
                yield _without_keys(item)
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def apply(self, action: Action) -> dict[str, Any]:
        """One Put or Update on its own; returns the item as it is now (empty for a Put).

        Raises TransactionRefused when its condition does not hold.
        """
        request = self._request(action)
        try:
            if action.put is not None:
                self.client.put_item(**request)
                return {}
            answer = self.client.update_item(**request, ReturnValues="ALL_NEW")
        except self.client.exceptions.ConditionalCheckFailedException:
            raise TransactionRefused((0,)) from None
        return _without_keys(answer["Attributes"])

    def delete(self, pk: str, sk: str) -> bool:
        """Delete an item; False when there was none."""
        answer = self.client.delete_item(
            TableName=self.name, Key=encode_item({"pk": pk, "sk": sk}), ReturnValues="ALL_OLD"
        )
        return "Attributes" in answer

    def transact(self, actions: Sequence[Action]) -> None:
        """All actions or none.

        Raises TransactionRefused when conditions do not hold, Raced when another transaction was
        at work on the same items (repeating is safe).
        """
        if len(actions) > MAX_TRANSACTION:
            raise ValueError(f"{len(actions)} actions: DynamoDB takes {MAX_TRANSACTION} at once")
        entries = [{_kind(action): self._request(action)} for action in actions]
        try:
            self.client.transact_write_items(TransactItems=entries)
        except self.client.exceptions.TransactionCanceledException as cancelled:
            codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
            failed = tuple(i for i, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if failed:
                raise TransactionRefused(failed) from None
            if "TransactionConflict" in codes:
                raise Raced("Another write was at work on the same records; repeat it.") from None
            raise

    def _request(self, action: Action) -> dict[str, Any]:
        key = encode_item({"pk": action.pk, "sk": action.sk})
        request: dict[str, Any] = {"TableName": self.name}
        if action.put is not None:
            request["Item"] = encode_item(action.put) | key
        else:
            request["Key"] = key
        if action.update is not None:
            request["UpdateExpression"] = action.update
        if action.condition is not None:
            request["ConditionExpression"] = action.condition
        if action.names:
            request["ExpressionAttributeNames"] = dict(action.names)
        if action.values:
            request["ExpressionAttributeValues"] = encode_item(action.values)
        return request


def _within_key(text: str) -> str:
    """The longest beginning of a text that is no longer than a sort key may be: what follows it in
    order follows the whole text too."""
    return text.encode()[:MAX_SORT_KEY].decode(errors="ignore")


def _kind(action: Action) -> str:
    if action.put is not None:
        return "Put"
    return "ConditionCheck" if action.update is None else "Update"


def _without_keys(item: Mapping[str, Any]) -> dict[str, Any]:
    plain = decode_item(item)
    plain.pop("pk", None)
    plain.pop("sk", None)
    return plain
