"""Making and revoking write keys."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from ..store.stores import Stores
from ..store.write_keys import WriteKey, digest, id_of, shown


def create(
    stores: Stores, name: str, random: bytes, now: datetime, caller: str | None
) -> dict[str, Any]:
    """A new key; `write_key` is in this answer and never shown again. `random` are KEY_BYTES fresh
    bytes, `now` a UTC instant."""
    secret = base64.urlsafe_b64encode(random).decode().rstrip("=")
    hashed = digest(secret)
    key = WriteKey(id_of(hashed), name, hashed, now.isoformat(), caller)
    stores.write_keys.put(key)
    return shown(key) | {"write_key": secret}


def page(stores: Stores, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
    """Keys in the order of their ids, from behind `after`; whether more follow."""
    keys, more = stores.write_keys.page(limit, after)
    return [shown(key) for key in keys], more


def revoke(stores: Stores, key_id: str) -> None:
    """Take a key away; containers that know it go on for up to a minute. Raises NotFound."""
    stores.write_keys.delete(key_id)
