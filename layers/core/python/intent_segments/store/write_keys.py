"""Write keys: who may send calls. Hashes are kept, so a reader of the table can send nothing."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import NotFound
from .table import Action, Table

PK = "WRITE_KEY"

KEY_BYTES = 24
"""Random bytes of a key: 192 bits, which nobody guesses."""


@dataclass(frozen=True)
class WriteKey:
    """`id` begins the SHA-256 of the key, `sha256` is all of it. Times are UTC instants as ISO
    text; `created_by` is a caller as the API's authorizer named them."""

    id: str
    name: str
    sha256: str
    created_at: str
    created_by: str | None = None


@dataclass(frozen=True)
class WriteKeyStore:
    """Keeps write keys under ids that follow from the keys, so that one is found with one read."""

    table: Table

    def put(self, key: WriteKey) -> None:
        """Keep a new key."""
        self.table.apply(Action(PK, key.id, put=asdict(key), condition="attribute_not_exists(pk)"))

    def of(self, secret: str) -> WriteKey | None:
        """The write key that a client sent; None when there is none, or it was revoked."""
        wanted = digest(secret)
        item = self.table.get(PK, id_of(wanted))
        return WriteKey(**item) if item is not None and item["sha256"] == wanted else None

    def page(self, limit: int, after: str | None) -> tuple[list[WriteKey], bool]:
        """Keys in the order of their ids, from behind `after`; whether more follow."""
        items, more = self.table.page(PK, limit, after)
        return [WriteKey(**item) for item in items], more

    def delete(self, key_id: str) -> None:
        """Revoke a key. Raises NotFound."""
        if not self.table.delete(PK, key_id):
            raise NotFound(f"There is no write key {key_id!r}. GET /v1/write-keys lists them.")


def digest(secret: str) -> str:
    """SHA-256 in hex. A key is random, so there is nothing to guess that would need a slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def id_of(sha256: str) -> str:
    """The id of the key with this hash: its first 96 bits."""
    return f"wk_{sha256[:24]}"


def shown(key: WriteKey) -> dict[str, Any]:
    """As JSON, without the hash."""
    return {k: v for k, v in asdict(key).items() if k != "sha256"}
