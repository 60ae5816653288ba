"""Tokens at the gateway of the local stack: every route, and every token that is not good enough.

Which role a route needs is the functions' business (tests/unit/api/test_access.py).
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from intent_local.client import ApiClient, ApiError
from intent_local.issuer.key import signing_key
from intent_local.issuer.served import issuer_of
from intent_local.issuer.tokens import CLIENT_ID, Person, Tokens
from intent_local.sign_in import Client, access_token, sign_in, token_file
from intent_local.signing import TokenSigner
from intent_segments.api.operations import OPERATIONS
from intent_segments.errors import NotSignedIn

PERSON = Person("ann@example.org", "admin")
HOUR = 3_600


@pytest.fixture(scope="module")
def tokens(toy_stack):
    """The issuer's own signature."""
    return Tokens(issuer_of(toy_stack.api_url), signing_key(toy_stack.home.issuer_key))


def access(tokens, ago=0):
    return tokens.answer(PERSON, None, int(time.time()) - ago, "t")["access_token"]


def claims_of(tokens):
    return jwt.decode(access(tokens), tokens.key, algorithms=["RS256"]).claims


def signed(tokens, key=None, **changes):
    claims = claims_of(tokens) | changes
    return jwt.encode({"alg": "RS256", "kid": tokens.key.kid}, claims, key or tokens.key)


def confused(tokens):
    """RFC 8725, section 2.1: the public key taken for the secret of an HMAC. joserfc refuses to
    make such a token."""
    _, body, _ = access(tokens).split(".")
    head = plain(json.dumps({"alg": "HS256", "kid": tokens.key.kid}).encode())
    secret = tokens.key.as_pem(private=False)
    return f"{head}.{body}.{plain(hmac.digest(secret, f'{head}.{body}'.encode(), 'sha256'))}"


def plain(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def not_good_enough(tokens):
    """(why, the header `Authorization`)"""
    now = int(time.time())
    stranger = RSAKey.generate_key(2048)
    head, body, signature = access(tokens).split(".")
    made = {
        "expired": access(tokens, ago=2 * HOUR),
        "not valid yet": signed(tokens, nbf=now + HOUR),
        "for another audience": signed(tokens, client_id="another"),
        "of another issuer": access(replace(tokens, issuer="https://issuer.test")),
        "signed by a stranger": signed(tokens, key=stranger),
        "signed with the public key as a secret": confused(tokens),
        "with the signature of another": f"{head}.{body}.{signature[::-1]}",
        "unsigned": f"{head}.{body}.",
        "a code": tokens.grant("code", {}, now, 60, "c"),
        "a refresh token": tokens.grant("refresh", {}, now, 60, "r"),
        "no token at all": "admin",
    }
    return {"nothing": None, "Basic": "Basic YWRtaW46"} | {
        why: f"Bearer {token}" for why, token in made.items()
    }


def status(stack, operation, authorization):
    path = re.sub(r"\{\w+\}", "x", operation.path)
    headers = {} if authorization is None else {"Authorization": authorization}
    request = urllib.request.Request(stack.api_url + path, method=operation.method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_every_route_wants_a_token_of_the_issuer_for_this_api(toy_stack, tokens):
    bad = not_good_enough(tokens)
    for operation in OPERATIONS:
        if operation.is_open:
            assert status(toy_stack, operation, None)[0] == 200, operation.route
            continue
        for why, authorization in bad.items():
            assert status(toy_stack, operation, authorization)[0] == 401, (operation.route, why)
        code, told = status(toy_stack, operation, f"Bearer {access(tokens)}")
        assert code == 200 and f"{operation.function.capitalize()}Function" in told, (
            operation.route,
            told,
        )


def test_a_person_signs_in_by_the_browser_and_the_token_is_renewed(
    toy_stack, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    client = Client(toy_stack.outputs["Issuer"], toy_stack.outputs["ClientId"])
    assert client.client_id == CLIENT_ID
    with pytest.raises(NotSignedIn, match="intent login"):
        access_token(client)
    sign_in(client, browser(role="marketer"), port=0)
    assert token_file().stat().st_mode & 0o777 == 0o600
    first = access_token(client)
    assert ApiClient(toy_stack.api_url, TokenSigner(lambda: first)).get("/v1/goals")
    later = time.time() + HOUR
    monkeypatch.setattr(time, "time", lambda: later)
    assert access_token(client) != first


def browser(**chosen):
    """Somebody who fills in the page and is led back, in another thread as a browser is."""

    def show(url):
        given = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        form = urllib.parse.urlencode({**given, "email": "ann@example.org", **chosen}).encode()
        threading.Thread(target=lambda: urllib.request.urlopen(url.split("?")[0], form)).start()

    return show


def test_an_issuer_that_refuses_is_quoted(toy_stack, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    client = Client(toy_stack.outputs["Issuer"], CLIENT_ID)
    with pytest.raises(NotSignedIn, match="a known role"):
        sign_in(client, browser(role="owner"), port=0)


def test_a_command_that_is_not_let_in_says_why(toy_stack):
    with pytest.raises(ApiError, match="Unauthorized"):
        ApiClient(toy_stack.api_url).get("/v1/goals")
