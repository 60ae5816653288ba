"""Idempotency-Keys of what is made besides goals: the same request again gives what it made."""

from __future__ import annotations

from datetime import datetime

from ..errors import Conflict
from .goals import IDEMPOTENCY_PK, KEY_KEPT, IdempotencyKey
from .table import Action, Table


def made_with(table: Table, kind: str, key: IdempotencyKey, now: datetime) -> str | None:
    """The id of the `kind` that was made with this key in the last 24 hours. Raises Conflict when
    the key came with another request then."""
    item = table.get(IDEMPOTENCY_PK, _own(kind, key))
    if item is None or item["ttl"] <= now.timestamp():
        return None
    if item["fingerprint"] != key.fingerprint:
        raise Conflict(
            "This Idempotency-Key was used with another request less than 24 hours ago. "
            "Use a new key for a new request."
        )
    return str(item[f"{kind}_id"])


def remember(kind: str, key: IdempotencyKey, made: str, now: datetime) -> Action:
    """The action that keeps the id of what is made with a key, refused while one is kept."""
    return Action(
        IDEMPOTENCY_PK,
        _own(kind, key),
        put={
            f"{kind}_id": made,
            "fingerprint": key.fingerprint,
            "ttl": int((now + KEY_KEPT).timestamp()),
        },
        # DynamoDB may keep an expired item for days; a key may be used again after its day.
        condition="attribute_not_exists(pk) OR #ttl <= :now",
        names={"#ttl": "ttl"},
        values={":now": int(now.timestamp())},
    )


def _own(kind: str, key: IdempotencyKey) -> str:
    """Keys of each kind stand beside those of the others: the same one may be used for all."""
    return f"{kind} {key.key}"
