"""Sign in to an OpenID Connect issuer from a terminal, and keep the tokens.

The browser does it (RFC 8252): authorization code with PKCE, and back to a port on loopback. Tokens
lie in a file that its owner alone may read; an access token that is over is renewed by itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from intent_segments.errors import NotSignedIn

PORT = 8976
"""Issuers want to know an address to lead back to beforehand; infra/auth.yaml names this one."""

SCOPE = "openid email"
WAIT_SECONDS = 300
RENEW_BEFORE_SECONDS = 60
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Client:
    """A client of an issuer, as which the command line signs in."""

    issuer: str
    client_id: str

    @property
    def name(self) -> str:
        return f"{self.issuer} {self.client_id}"


def token_file() -> Path:
    """~/.config/intent-segments/tokens.json, or below XDG_CONFIG_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "intent-segments" / "tokens.json"


def sign_in(client: Client, show: Callable[[str], None], port: int = PORT) -> None:
    """Have a browser sign in; `show(url)` brings the page before somebody. Raises NotSignedIn."""
    found = discover(client.issuer)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    with _listening(port) as server:
        back = f"http://localhost:{server.server_port}/callback"
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": back,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        show(f"{found['authorization_endpoint']}?{urllib.parse.urlencode(asked)}")
        came = server.wait()
    if came.get("state") != state:
        raise NotSignedIn("the browser came back with another sign-in's state; try again")
    if "code" not in came:
        told = came.get("error_description") or came.get("error") or "no code came back"
        raise NotSignedIn(f"the issuer refused: {told}")
    grant = {"grant_type": "authorization_code", "code": came["code"], "redirect_uri": back}
    _keep(client, _exchange(found, client, {**grant, "code_verifier": verifier}))


def access_token(client: Client) -> str:
    """The kept access token, renewed when it is nearly over. Raises NotSignedIn."""
    kept = _kept().get(client.name)
    if kept is None:
        raise NotSignedIn(f"not signed in to {client.issuer}; run `intent login --stack NAME`")
    if kept["expires_at"] - time.time() < RENEW_BEFORE_SECONDS:
        renewed = {"grant_type": "refresh_token", "refresh_token": kept["refresh_token"]}
        kept = kept | _exchange(discover(client.issuer), client, renewed)
        _keep(client, kept)
    return str(kept["access_token"])


def discover(issuer: str) -> dict[str, Any]:
    """The issuer's endpoints. Raises NotSignedIn when it has none."""
    document = _fetched(urllib.request.Request(f"{issuer}/.well-known/openid-configuration"))  # noqa: S310
    if document.get("issuer") != issuer:
        raise NotSignedIn(f"{issuer} calls itself {document.get('issuer')!r}; JwtIssuer is wrong")
    return document


def _exchange(found: dict[str, Any], client: Client, grant: dict[str, str]) -> dict[str, Any]:
    body = urllib.parse.urlencode({"client_id": client.client_id, **grant}).encode()
    answer = _fetched(urllib.request.Request(found["token_endpoint"], body))  # noqa: S310
    return {**answer, "expires_at": time.time() + float(answer["expires_in"])}


def _fetched(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        told = error.read().decode("utf-8", "replace")
        raise NotSignedIn(
            f"the issuer answered {error.code}: {told[:300]}; run `intent login --stack NAME`"
        ) from None
    except (OSError, ValueError) as error:
        raise NotSignedIn(f"no issuer answers at {request.full_url} ({error})") from None


def _kept() -> dict[str, Any]:
    try:
        return dict(json.loads(token_file().read_text()))
    except FileNotFoundError:
        return {}


def _keep(client: Client, tokens: dict[str, Any]) -> None:
    path = token_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(_kept() | {client.name: tokens}))
    draft.replace(path)


class _Callback(HTTPServer):
    """Waits for the browser to come back."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _CallbackHandler)
        self.came: dict[str, str] = {}
        self.timeout = 1

    def wait(self) -> dict[str, str]:
        """The parameters that the browser brought. Raises NotSignedIn after five minutes."""
        end = time.monotonic() + WAIT_SECONDS
        while not self.came:
            if time.monotonic() > end:
                raise NotSignedIn(f"nobody signed in within {WAIT_SECONDS // 60} minutes")
            self.handle_request()
        return self.came


class _CallbackHandler(BaseHTTPRequestHandler):
    server: _Callback

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        found = parts.path == "/callback"
        if found:
            self.server.came = dict(urllib.parse.parse_qsl(parts.query)) or {
                "error": "nothing came"
            }
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"Back to the terminal: this page can be closed.\n" if found else b"")

    def log_message(self, *_: object) -> None:
        return


def _listening(port: int) -> _Callback:
    try:
        return _Callback(port)
    except OSError as error:
        raise NotSignedIn(
            f"port {port} on this machine is taken ({error}), and the issuer leads back to no other"
        ) from None
