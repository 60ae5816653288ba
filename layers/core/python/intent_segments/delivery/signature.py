"""Signatures of Standard Webhooks 1.0.0, symmetric: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from ..errors import InvalidInput

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
"""192 to 512 bits (the specification, "Signature scheme")."""
MOST_SECRETS = 3


class SigningSecret:
    """A key that a webhook shares with its receiver. It shows in no repr and no JSON; `reveal` is
    for the one answer in which its owner is told."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """From random bytes. Raises InvalidInput for too few or too many."""
        if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
            raise InvalidInput(
                f"A signing secret has {FEWEST_BYTES} to {MOST_BYTES} bytes, not {len(key)}: "
                "leave it out to get one"
            )
        self._key = key

    @classmethod
    def parse(cls, text: str) -> SigningSecret:
        """From `whsec_` and base64. Raises InvalidInput, which never repeats the text."""
        if not text.startswith(PREFIX):
            raise InvalidInput(f"A signing secret begins with {PREFIX}; leave it out to get one")
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInput(f"A signing secret is base64 after {PREFIX}") from None
        return cls(key)

    def reveal(self) -> str:
        """The text that receivers configure."""
        return PREFIX + base64.b64encode(self._key).decode()

    def sign(self, content: bytes) -> str:
        """`v1,` and the base64 of the HMAC-SHA256."""
        digest = hmac.new(self._key, content, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningSecret) and hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"{PREFIX}…"


def signed_headers(
    message_id: str, timestamp: int, body: bytes, secrets: Sequence[SigningSecret]
) -> dict[str, str]:
    """The three headers of a message: `timestamp` is Unix seconds of the attempt. While a secret is
    rotated there is a signature with each, so that receivers change when they like."""
    content = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(secret.sign(content) for secret in secrets),
    }


def rotated(secrets: Sequence[SigningSecret], fresh: SigningSecret) -> tuple[SigningSecret, ...]:
    """The secrets after a rotation: the fresh one first, older ones until `retired`.

    Raises InvalidInput when too many are at work.
    """
    if len(secrets) >= MOST_SECRETS:
        raise InvalidInput.at(
            "secrets", f"At most {MOST_SECRETS} secrets sign at a time: retire an old one first"
        )
    return (fresh, *secrets)


def retired(secrets: Sequence[SigningSecret]) -> tuple[SigningSecret, ...]:
    """The newest secret alone: the end of a rotation."""
    return tuple(secrets[:1])
