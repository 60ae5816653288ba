"""The console on a laptop: the files of web/dist, on the port and origin of the HTTP API.

What the API does not answer belongs to the console. Addresses of pages (`/goals/goal_…`) are no
files; they get index.html, as CloudFront gives it, and the console's own router does the rest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .project import CHECKOUT

BUILT = CHECKOUT / "web" / "dist"
"""Where `make console` puts it."""

API_PATHS = ("/v1", "/docs", "/openapi.json")

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)

NOT_BUILT = (
    "The console is not built. `make console` builds it; the API's own pages are at /docs.\n"
)


def is_built(root: Path = BUILT) -> bool:
    """Whether there is a console to serve."""
    return (root / "index.html").is_file()


def belongs_to_api(path: str) -> bool:
    """Whether the HTTP API answers this path."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PATHS)


def file_for(root: Path, path: str) -> Path | None:
    """The file for an address: itself, index.html for a page, None for a file that is not there."""
    asked = (root / path.lstrip("/")).resolve()
    if asked.is_relative_to(root.resolve()) and asked.is_file() and asked.suffix in TYPES:
        return asked
    last = path.rsplit("/", 1)[-1]
    if Path(last).suffix in TYPES:
        return None
    return root / "index.html"


def config_for(api_port: int, signs_in: bool) -> dict[str, Any]:
    """What the console reads as `config.json`: the API is where the console is, and so is the
    issuer, where there is one."""
    if not signs_in:
        return {"api": "", "auth": None}
    from ..issuer.served import issuer_of
    from ..issuer.tokens import CLIENT_ID, SCOPES

    issuer = issuer_of(f"http://127.0.0.1:{api_port}")
    return {"api": "", "auth": {"issuer": issuer, "client_id": CLIENT_ID, "scopes": list(SCOPES)}}


def cache_control(name: str) -> str:
    """How long a file may be kept, by its name below the root: names of assets hold a hash of their
    content; everything else may change with a build."""
    fixed = name.startswith("assets/")
    return "public, max-age=31536000, immutable" if fixed else "no-cache"


async def serve_site(
    scope: dict[str, Any], send: Any, config: dict[str, Any], root: Path = BUILT
) -> None:
    """Answer one HTTP request of ASGI."""
    if scope["method"] not in ("GET", "HEAD"):
        await _answer(scope, send, 405, b"", [("allow", "GET, HEAD")])
        return
    if not is_built(root):
        await _answer(scope, send, 404, NOT_BUILT.encode(), [("content-type", "text/plain")])
        return
    file = file_for(root, scope["path"])
    if file is None:
        await _answer(scope, send, 404, b"not found\n", [("content-type", "text/plain")])
        return
    headers = [
        ("content-type", TYPES[file.suffix]),
        ("cache-control", cache_control(file.resolve().relative_to(root.resolve()).as_posix())),
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ]
    own = scope["path"] == "/config.json"
    body = json.dumps(config).encode() if own else file.read_bytes()
    await _answer(scope, send, 200, body, headers)


async def _answer(
    scope: dict[str, Any], send: Any, status: int, body: bytes, headers: list[tuple[str, str]]
) -> None:
    named = [(name.encode(), value.encode()) for name, value in headers]
    named.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": named})
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown})
