"""The issuer's endpoints as functions of a request: no sockets, no clock.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749 (codes), RFC 7636 (PKCE, S256 alone), RFC 8252
(loopback redirects).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from . import page
from .tokens import CLIENT_ID, CODE_SECONDS, SCOPES, InvalidGrant, Person, Tokens

LOOPBACK = ("127.0.0.1", "localhost", "::1")
NO_STORE = {"Cache-Control": "no-store"}
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
"""Of what any page may read: keys, and tokens for a code whose verifier its client alone has."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that breaks the protocol: an `error` of RFC 6749 and what to say about it."""

    def __init__(self, error: str, told: str) -> None:
        super().__init__(told)
        self.error = error


@dataclass
class Provider:
    """`used` are the codes that were changed into tokens since the start: each works once."""

    tokens: Tokens
    used: set[str] = field(default_factory=set)

    def answer(
        self, method: str, path: str, given: Mapping[str, str], now: int, fresh_id: str
    ) -> Reply:
        """`path` is the part below the issuer; `given` are the parameters of query or form;
        `fresh_id` is random."""
        match method, path:
            case "GET", "/.well-known/openid-configuration":
                return _json(200, self.discovery())
            case "GET", "/jwks":
                return _json(200, {"keys": [self.tokens.key.as_dict(private=False)]})
            case "GET" | "POST", "/authorize":
                return self._authorize(method, given, now, fresh_id)
            case "POST", "/token":
                return self._token(given, now, fresh_id)
            case "OPTIONS", _:
                return Reply(204, headers={**ANY_ORIGIN, "Access-Control-Allow-Headers": "*"})
        return Reply(404)

    def discovery(self) -> dict[str, Any]:
        issuer = self.tokens.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": list(SCOPES),
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, method: str, given: Mapping[str, str], now: int, fresh_id: str) -> Reply:
        """The form, or the way back with a code. Nobody is sent to an address off this machine."""
        back = given.get("redirect_uri", "")
        if given.get("client_id") != CLIENT_ID:
            return _page(400, page.refusal(f"The client must be {CLIENT_ID}."))
        if not is_loopback(back):
            return _page(400, page.refusal(f"{back!r} is no address on this machine."))
        state = {"state": given["state"]} if "state" in given else {}
        try:
            _check_authorization(given)
            if method == "GET":
                return _page(200, page.sign_in(given))
            person = Person(given.get("email", ""), given.get("role", ""))
            if person.role not in page.ROLES or "@" not in person.email:
                raise Refused("invalid_request", "an e-mail address and a known role are needed")
        except Refused as refused:
            told = {"error": refused.error, "error_description": str(refused)}
            return _redirect(back, told | state)
        about = {
            "redirect_uri": back,
            "challenge": given["code_challenge"],
            "nonce": given.get("nonce"),
            "email": person.email,
            "role": person.role,
        }
        code = self.tokens.grant("code", about, now, CODE_SECONDS, fresh_id)
        return _redirect(back, {"code": code} | state)

    def _token(self, given: Mapping[str, str], now: int, fresh_id: str) -> Reply:
        try:
            if given.get("client_id") != CLIENT_ID:
                raise Refused("invalid_client", f"the client must be {CLIENT_ID}")
            match given.get("grant_type"):
                case "authorization_code":
                    person, nonce = self._person_of_code(given, now)
                case "refresh_token":
                    about, _ = self.tokens.read("refresh", given.get("refresh_token", ""), now)
                    person, nonce = Person(**about), None
                case other:
                    raise Refused("unsupported_grant_type", f"not {other!r}")
        except InvalidGrant as wrong:
            return _json(400, {"error": "invalid_grant", "error_description": str(wrong)})
        except Refused as refused:
            return _json(400, {"error": refused.error, "error_description": str(refused)})
        return _json(200, self.tokens.answer(person, nonce, now, fresh_id))

    def _person_of_code(self, given: Mapping[str, str], now: int) -> tuple[Person, str | None]:
        about, code_id = self.tokens.read("code", given.get("code", ""), now)
        if code_id in self.used:
            raise InvalidGrant("the code was used before")
        if given.get("redirect_uri") != about["redirect_uri"]:
            raise InvalidGrant("the redirect_uri is not the one that the code was sent to")
        if not hmac.compare_digest(
            challenge_of(given.get("code_verifier", "")), about["challenge"]
        ):
            raise InvalidGrant("the code_verifier does not fit the code_challenge")
        self.used.add(code_id)
        return Person(about["email"], about["role"]), about["nonce"]


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2: S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_loopback(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in LOOPBACK and not parts.fragment


def _check_authorization(given: Mapping[str, str]) -> None:
    """Raises Refused."""
    if given.get("response_type") != "code":
        raise Refused("unsupported_response_type", "response_type must be code")
    if "openid" not in given.get("scope", "").split():
        raise Refused("invalid_scope", "scope must have openid")
    if given.get("code_challenge_method") != "S256" or not given.get("code_challenge"):
        raise Refused("invalid_request", "a code_challenge by S256 is needed (PKCE)")


def _json(status: int, document: dict[str, Any]) -> Reply:
    headers = {"Content-Type": "application/json", **NO_STORE, **ANY_ORIGIN}
    return Reply(status, json.dumps(document), headers)


def _page(status: int, body: str) -> Reply:
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": page.POLICY}
    return Reply(status, body, {**headers, **NO_STORE})


def _redirect(back: str, given: Mapping[str, str]) -> Reply:
    joint = "&" if urlsplit(back).query else "?"
    return Reply(302, "", {"Location": back + joint + urlencode(given), **NO_STORE})
