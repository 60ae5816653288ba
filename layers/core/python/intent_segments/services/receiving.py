"""The tracking API: calls of client libraries are checked, and in the queue when it answers."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import datetime, timedelta
from typing import Any

from ..calls.packing import pack
from ..calls.request import Calls, read_calls, read_document
from ..calls.spec import BATCH_BYTES, Json, Kind
from ..calls.times import EPOCH, MICROSECOND
from ..errors import InvalidInput, NotSignedIn
from ..store.stores import Stores
from ..store.write_keys import digest

REMEMBERED = timedelta(seconds=60)
"""How long a container takes a key for good that it has seen to be: the longest that a revoked key
goes on. A read for every call would cost as much as storing the call."""

MOST_REMEMBERED = 100
"""Keys that a container remembers; an account has a handful."""

MOST_SHOWN = 100
"""Refused calls that an answer names; all of them are set aside."""


class Receiver:
    """Takes calls. One per container: it remembers keys."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.known: dict[str, datetime] = {}

    def receive(
        self, body: bytes, kind: Kind | None, authorization: str | None, now: datetime
    ) -> dict[str, Any]:
        """Take one call of `kind`, or a batch (None), as the body of a request (`unzipped`);
        `authorization` is the header, `now` a UTC instant. What it answers is stored.

        {"success": true}, with {"accepted", "refused"} where a batch has calls that cannot be used:
        those are set aside. Raises InvalidInput when nothing can be used (set aside as well, unless
        the body is no JSON), NotSignedIn, and Raced when the queue takes nothing.
        """
        document = read_document(body)
        self._check(authorization, document, now)
        document.pop("writeKey", None)  # a secret, and no part of the call
        calls = read_calls(document, kind, (now - EPOCH) // MICROSECOND)
        lines = [*calls.lines, *(set_aside(calls, now))]
        if lines:
            self.stores.calls.send(pack(lines))
        return _answer(calls, kind)

    def _check(self, authorization: str | None, document: Json, now: datetime) -> None:
        """Raises NotSignedIn unless the request has a write key that stands."""
        secret = write_key(authorization, document)
        if secret is None:
            raise NotSignedIn(
                "A write key is missing: send it as the user name of basic authorization, or as "
                "writeKey in the body. POST /v1/write-keys makes one."
            )
        hashed = digest(secret)
        seen = self.known.get(hashed)
        if seen is not None and now - seen < REMEMBERED:
            return
        self.known.pop(hashed, None)
        if self.stores.write_keys.of(secret) is None:
            raise NotSignedIn("The write key is not known, or was revoked: GET /v1/write-keys.")
        if len(self.known) >= MOST_REMEMBERED:
            self.known.clear()
        self.known[hashed] = now


def write_key(authorization: str | None, document: Json) -> str | None:
    """The key that a request came with: as basic authorization's user name, else in the body."""
    if authorization is not None and authorization[:6].lower() == "basic ":
        try:
            user = base64.b64decode(authorization[6:], validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        if user:
            return user
    given = document.get("writeKey")
    return given if isinstance(given, str) and given else None


def unzipped(body: bytes, encoding: str | None) -> bytes:
    """The body of a request, which may be gzip. Raises InvalidInput for one that is not what it
    says or larger than BATCH_BYTES, of which no more than that is unpacked."""
    if encoding is not None and encoding.strip().lower() == "gzip":
        reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = reader.decompress(body, BATCH_BYTES + 1)
        except zlib.error:
            raise InvalidInput.at(
                "body",
                "the body says it is gzip and cannot be unpacked: an HTTP API passes JSON on as "
                "text, which spoils it. Switch compression off",
            ) from None
    if len(body) > BATCH_BYTES:
        raise InvalidInput.at("body", f"a request takes {BATCH_BYTES:,} bytes: send several")
    return body


def set_aside(calls: Calls, now: datetime) -> list[bytes]:
    """Refused calls as lines of the same message: told or not, clients send them no more."""
    return [
        json.dumps(
            {
                "row": "refused",
                "set_aside": f"{refused.field}: {refused.message}",
                "at": now.isoformat(),
                "call": refused.call,
            }
        ).encode()
        for refused in calls.refused
    ]


def _answer(calls: Calls, kind: Kind | None) -> dict[str, Any]:
    if not calls.refused:
        return {"success": True}
    if calls.accepted == 0:
        first = calls.refused[0]
        where = first.field if kind is not None else f"batch[{first.index}].{first.field}"
        raise InvalidInput.at(where, first.message)
    return {
        "success": True,
        "accepted": calls.accepted,
        "refused": [
            {"index": refused.index, "field": refused.field, "message": refused.message}
            for refused in calls.refused[:MOST_SHOWN]
        ],
    }
