"""The laptop's issuer: the protocol, and every way to break it."""

from __future__ import annotations

import json
import stat
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from intent_local.issuer.key import signing_key
from intent_local.issuer.provider import Provider, challenge_of, is_loopback
from intent_local.issuer.tokens import ACCESS_SECONDS, CODE_SECONDS, Tokens

ISSUER = "http://127.0.0.1:8787/oidc"
NOW = 1_800_000_000
VERIFIER = "a-verifier-of-at-least-forty-three-characters-1"
ASKED = {
    "response_type": "code",
    "client_id": "intent-segments",
    "redirect_uri": "http://localhost:8976/callback",
    "scope": "openid email",
    "state": "s",
    "nonce": "n",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
CHOSEN = {"email": "ann@example.org", "role": "marketer"}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return signing_key(tmp_path_factory.mktemp("issuer") / "key.json")


@pytest.fixture
def provider(key):
    return Provider(Tokens(ISSUER, key))


def code(provider, **changes):
    """The code that the browser brings back."""
    given = ASKED | CHOSEN | changes
    reply = provider.answer("POST", "/authorize", given, NOW, "code-1")
    assert reply.status == 302
    came = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert came["state"] == ["s"]
    return came["code"][0]


def exchange(provider, now=NOW, **changes):
    grant = {
        "grant_type": "authorization_code",
        "client_id": "intent-segments",
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    reply = provider.answer("POST", "/token", grant | changes, now, "token-1")
    return reply.status, json.loads(reply.body)


def test_the_key_is_made_once_and_is_its_owners(tmp_path):
    first, again = signing_key(tmp_path / "key.json"), signing_key(tmp_path / "key.json")
    assert first.kid == again.kid
    assert stat.S_IMODE((tmp_path / "key.json").stat().st_mode) == 0o600


def test_discovery_leads_to_keys_without_their_secret_half(provider):
    found = json.loads(
        provider.answer("GET", "/.well-known/openid-configuration", {}, NOW, "").body
    )
    assert found["issuer"] == ISSUER
    assert found["jwks_uri"] == f"{ISSUER}/jwks"
    [published] = json.loads(provider.answer("GET", "/jwks", {}, NOW, "").body)["keys"]
    assert published["kid"] == provider.tokens.key.kid
    assert not {"d", "p", "q", "dp", "dq", "qi"} & published.keys()


def test_a_code_becomes_tokens_like_those_of_cognito(provider, key):
    status, given = exchange(provider, code=code(provider))
    assert (status, given["token_type"], given["expires_in"]) == (200, "Bearer", ACCESS_SECONDS)
    access = jwt.decode(given["access_token"], key, algorithms=["RS256"])
    assert access.header["kid"] == key.kid
    assert access.claims == {
        "iss": ISSUER,
        "sub": "ann@example.org",
        "username": "ann@example.org",
        "client_id": "intent-segments",
        "token_use": "access",
        "scope": "openid email",
        "cognito:groups": ["marketer"],
        "iat": NOW,
        "auth_time": NOW,
        "exp": NOW + ACCESS_SECONDS,
        "jti": "token-1",
    }
    told = jwt.decode(given["id_token"], key, algorithms=["RS256"]).claims
    assert (told["aud"], told["nonce"], told["email"]) == ("intent-segments", "n", CHOSEN["email"])


def test_a_refresh_token_gives_new_ones(provider, key):
    _, given = exchange(provider, code=code(provider))
    status, renewed = exchange(
        provider, NOW + 86_400, grant_type="refresh_token", refresh_token=given["refresh_token"]
    )
    access = jwt.decode(renewed["access_token"], key, algorithms=["RS256"]).claims
    assert (status, access["cognito:groups"]) == (200, ["marketer"])
    assert access["exp"] == NOW + 86_400 + ACCESS_SECONDS


def test_somebody_can_be_nobody_of_note(provider, key):
    _, given = exchange(provider, code=code(provider, role=""))
    access = jwt.decode(given["access_token"], key, algorithms=["RS256"]).claims
    assert "cognito:groups" not in access


def test_a_code_works_once(provider):
    once = code(provider)
    assert exchange(provider, code=once)[0] == 200
    assert exchange(provider, code=once)[1]["error"] == "invalid_grant"


def another_issuers_code():
    return "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"code_verifier": "another"}, "invalid_grant", "the code was stolen on its way"),
        ({"redirect_uri": "http://localhost:1/"}, "invalid_grant", "it was sent elsewhere"),
        ({"client_id": "other"}, "invalid_client", "it is another client's"),
        ({"code": "x"}, "invalid_grant", "it is no code"),
        ({"code": another_issuers_code()}, "invalid_grant", "it is not signed"),
        ({"grant_type": "password"}, "unsupported_grant_type", "passwords are not taken"),
        ({"grant_type": "refresh_token"}, "invalid_grant", "there is no refresh token"),
        ({"now": NOW + CODE_SECONDS + 1}, "invalid_grant", "it is over"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_tokens_for_a_code_when(provider, changes, error, why):
    status, told = exchange(provider, **({"code": code(provider)} | changes))
    assert (status, told["error"]) == (400, error)


def test_a_refresh_token_is_no_code_and_a_code_no_refresh_token(provider):
    _, given = exchange(provider, code=code(provider))
    assert exchange(provider, code=given["refresh_token"])[0] == 400
    grant = {"grant_type": "refresh_token", "refresh_token": code(provider)}
    assert exchange(provider, **grant)[0] == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"role": "owner"}, "invalid_request"),
        ({"email": "ann"}, "invalid_request"),
    ],
)
def test_a_request_that_breaks_the_protocol_goes_back_with_its_error(provider, changes, error):
    reply = provider.answer("POST", "/authorize", ASKED | CHOSEN | changes, NOW, "c")
    came = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert (reply.status, came["error"], came["state"]) == (302, [error], ["s"])
    assert "code" not in came


@pytest.mark.parametrize(
    "back",
    ["https://evil.test/", "http://127.0.0.1.evil.test/", "http://localhost@evil.test/", ""],
)
def test_nobody_is_sent_off_this_machine(provider, back):
    assert not is_loopback(back)
    reply = provider.answer("POST", "/authorize", ASKED | CHOSEN | {"redirect_uri": back}, NOW, "c")
    assert reply.status == 400 and "Location" not in reply.headers


def test_the_page_sends_along_what_was_asked_and_takes_no_markup(provider):
    page = provider.answer("GET", "/authorize", ASKED | {"state": '"><script>'}, NOW, "c")
    assert page.status == 200
    assert "<script" not in page.body
    assert f'name="code_challenge" value="{ASKED["code_challenge"]}"' in page.body
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_other_paths_are_not_there(provider):
    assert provider.answer("GET", "/userinfo", {}, NOW, "").status == 404
