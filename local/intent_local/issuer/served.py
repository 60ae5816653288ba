"""The issuer behind the local stack's second port: requests of ASGI to `Provider`, and its key."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from joserfc.jwk import RSAKey

from .key import signing_key
from .provider import Provider
from .tokens import Person, Tokens

PATH = "/oidc"
MAX_FORM_BYTES = 65_536


def issuer_of(api_url: str) -> str:
    """The issuer of the local stack whose API answers there."""
    return api_url + PATH


@dataclass(frozen=True)
class ServedIssuer:
    """`answer` takes the requests below PATH."""

    provider: Provider

    @classmethod
    def of(cls, api_url: str, key: Path) -> ServedIssuer:
        return cls(Provider(Tokens(issuer_of(api_url), signing_key(key))))

    async def answer(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        text = scope["query_string"]
        if scope["method"] == "POST":
            text = await _body(receive)
        given = dict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True))
        path = scope["path"].removeprefix(PATH)
        reply = self.provider.answer(
            scope["method"], path, given, int(time.time()), secrets.token_urlsafe(16)
        )
        body = reply.body.encode()
        told = {**reply.headers, "Content-Length": str(len(body))}
        headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def own_token(api_url: str, key: Path) -> str:
    """An admin's access token for commands on this machine: who may read the key may do all."""
    person = Person("cli@localhost.test", "admin")
    tokens = Tokens(issuer_of(api_url), _key(key))
    return str(tokens.answer(person, None, int(time.time()), "cli")["access_token"])


@cache
def _key(path: Path) -> RSAKey:
    """Read once in a process: checking a key takes longer than signing with it."""
    return signing_key(path)


async def _body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > MAX_FORM_BYTES:
            return body[:MAX_FORM_BYTES]
