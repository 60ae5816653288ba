"""One request as a router sees it: its parts checked, and what the handler's edge supplies."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from ..errors import InvalidInput
from ..store.goals import IdempotencyKey
from ..store.stores import Stores
from .access import Caller
from .ids import RANDOM_BYTES, make_id
from .problem import BodyTooLarge, MalformedRequest

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

MAX_BODY_BYTES = 262_144
"""Of a request. A definition must fit a DynamoDB item of 400 KB beside everything else in it."""

LONG_LISTS = "Give long lists of users a trait and name that in the definition."
"""What makes bodies large, and how to do without."""

MAX_KEY = 255
"""Bytes of an Idempotency-Key in UTF-8."""

PAGE_LIMIT = 20
MAX_PAGE_LIMIT = 100

MAX_LIST_BYTES = 3_500_000
"""Of a page of a list. A function answers 6 MB (Lambda's quota), in which every quote of the body
takes two bytes."""


@dataclass(frozen=True)
class Call:
    """`event` is API Gateway's HTTP API event (payload 2.0). `now` is the UTC instant at which it
    came, `clock()` the present one; `random(n)` gives n fresh bytes. `caller` is who asks."""

    event: Mapping[str, Any]
    stores: Stores
    now: datetime
    random: Callable[[int], bytes]
    clock: Callable[[], datetime]
    caller: Caller

    def new_id(self, prefix: str) -> str:
        """A fresh id such as `goal_01jd…`."""
        return make_id(prefix, self.now, self.random(RANDOM_BYTES))

    def new_salt(self) -> str:
        """256 fresh random bits in hex."""
        return self.random(32).hex()

    def folder(self) -> Path:
        """Where files from the bucket are kept between the requests of one container."""
        folder = Path(gettempdir()) / "intent-segments"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def idempotency_key(self, of: str = "") -> IdempotencyKey | None:
        """The caller's Idempotency-Key with a fingerprint of the body it came with, and of the id
        `of` that the path has. Raises InvalidInput."""
        key = self.header("idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key.encode()) <= MAX_KEY:
            raise InvalidInput.at(
                "Idempotency-Key", f"Idempotency-Key must have 1 to {MAX_KEY} bytes in UTF-8"
            )
        return IdempotencyKey(key, hashlib.sha256(of.encode() + self.raw_body()).hexdigest())

    def header(self, name: str) -> str | None:
        """A header's value; `name` in lower case, as HTTP APIs deliver them."""
        headers: Mapping[str, str] = self.event.get("headers") or {}
        return headers.get(name)

    def query(self, name: str) -> str | None:
        """The value of a query parameter."""
        given: Mapping[str, str] = self.event.get("queryStringParameters") or {}
        return given.get(name)

    def limit(self) -> int:
        """The query parameter `limit`, 1..100, 20 when absent. Raises InvalidInput."""
        text = self.query("limit")
        if text is None:
            return PAGE_LIMIT
        if not text.isdecimal() or not 1 <= int(text) <= MAX_PAGE_LIMIT:
            raise InvalidInput.at(
                "limit", f"limit must be a whole number from 1 to {MAX_PAGE_LIMIT}, not {text!r}"
            )
        return int(text)

    def raw_body(self, most: int = MAX_BODY_BYTES, remedy: str = LONG_LISTS) -> bytes:
        """The body as sent, up to `most` bytes. Raises BodyTooLarge with the `remedy`,
        MalformedRequest."""
        text = self.event.get("body") or ""
        if len(text) > 2 * most:
            raise BodyTooLarge(f"The body has more than {most:,} bytes. {remedy}")
        try:
            coded = self.event.get("isBase64Encoded")
            body = base64.b64decode(text, validate=True) if coded else text.encode()
        except (binascii.Error, UnicodeEncodeError):
            raise MalformedRequest("The body is not valid text in UTF-8; send JSON.") from None
        if len(body) > most:
            raise BodyTooLarge(f"The body has more than {most:,} bytes. {remedy}")
        return body

    def body(self, model: type[Model]) -> Model:
        """The body as a request model. Raises MalformedRequest, BodyTooLarge, InvalidInput."""
        from pydantic import ValidationError

        from ..segments.complaints import MOST_SHOWN
        from .complaints import field_error

        try:
            document = json.loads(self.raw_body())
        except (ValueError, RecursionError) as fault:
            raise MalformedRequest(f"The body is not JSON: {_where(fault)}.") from None
        if not isinstance(document, dict):
            raise MalformedRequest("The body must be a JSON object.")
        if not _is_text(document):
            raise MalformedRequest(
                "The body has half of a surrogate pair (\\ud800 to \\udfff), which is no "
                "character; send both halves."
            )
        try:
            return model.model_validate(document)
        except ValidationError as found:
            details = found.errors(include_url=False)
            errors = tuple(field_error(detail, model) for detail in details[:MOST_SHOWN])
            raise InvalidInput(errors[0].message, errors) from None


def listed(
    data: list[dict[str, Any]], has_more: bool, most: int = MAX_LIST_BYTES
) -> dict[str, Any]:
    """A page of a list in its HTTP form: what fits into `most` bytes, the first entry always."""
    room = most
    for number, entry in enumerate(data):
        room -= len(json.dumps(entry, ensure_ascii=False).encode())
        if room < 0 and number:
            return {"data": data[:number], "has_more": True}
    return {"data": data, "has_more": has_more}


def location(resource: str, resource_id: str) -> str:
    """The path of a thing that was just made."""
    return f"/v1/{resource}/{quote(resource_id)}"


def _is_text(document: Any) -> bool:
    """Whether all text in it can be written down: JSON lets a surrogate stand alone (RFC 8259,
    section 8.2), and UTF-8 does not."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _where(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at line {fault.lineno}, column {fault.colno}"
    return "it nests too deeply or is not UTF-8"
