"""The console's files on a laptop: pages, files, and what belongs to the API."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from intent_local.stack.console_site import belongs_to_api, config_for, file_for, serve_site
from intent_local.stack.server import Server, is_alive

PAGE = "<!doctype html>"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(PAGE)
    (root / "config.json").write_text("{}")
    (root / "assets" / "index-1a2b.js").write_text("1")
    (tmp_path / "secret.json").write_text("secret")
    return root


def get(root: Path, path: str, method: str = "GET", signs_in: bool = False) -> tuple[int, Any, Any]:
    """Status, headers and body of one request."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path}
    asyncio.run(serve_site(scope, send, config_for(8787, signs_in), root))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


@pytest.mark.parametrize(
    ("path", "file", "why"),
    [
        ("/", "index.html", "the root is a page"),
        ("/goals/goal_01", "index.html", "a deep link is a page"),
        ("/users/ann@example.org", "index.html", "a dot in an id makes no file of it"),
        ("/assets/index-1a2b.js", "assets/index-1a2b.js", "a file is itself"),
        ("/assets/index-9z9z.js", None, "a file of an older build is not there"),
        ("/../secret.json", None, "nothing outside the folder is served"),
        ("/assets", "index.html", "a folder is no file"),
    ],
)
def test_an_address_is_a_file_or_a_page(dist: Path, path: str, file: str | None, why: str) -> None:
    assert file_for(dist, path) == (dist / file if file else None), why


@pytest.mark.parametrize(
    ("path", "api"),
    [
        ("/v1/goals", True),
        ("/docs", True),
        ("/openapi.json", True),
        ("/v1beta", False),
        ("/docs.html", False),
        ("/", False),
    ],
)
def test_what_the_api_answers_is_left_to_it(path: str, api: bool) -> None:
    assert belongs_to_api(path) is api


def test_assets_are_kept_for_ever_and_pages_are_asked_for_anew(dist: Path) -> None:
    _, asset, _ = get(dist, "/assets/index-1a2b.js")
    _, page, body = get(dist, "/goals/new")
    assert "immutable" in asset["cache-control"]
    assert page["cache-control"] == "no-cache"
    assert "default-src 'self'" in page["content-security-policy"]
    assert body == PAGE.encode()


def test_the_configuration_names_the_issuer_where_people_sign_in(dist: Path) -> None:
    assert json.loads(get(dist, "/config.json")[2]) == {"api": "", "auth": None}
    told = json.loads(get(dist, "/config.json", signs_in=True)[2])
    assert told["auth"]["issuer"] == "http://127.0.0.1:8787/oidc"
    assert "openid" in told["auth"]["scopes"]


def test_a_head_has_no_body_and_a_post_is_refused(dist: Path) -> None:
    status, headers, body = get(dist, "/", "HEAD")
    assert (status, headers["content-length"], body) == (200, str(len(PAGE)), b"")
    assert get(dist, "/", "POST")[0] == 405


def test_without_a_build_the_answer_says_how_to_make_one(tmp_path: Path) -> None:
    status, _, body = get(tmp_path, "/")
    assert status == 404
    assert b"make console" in body


def test_a_stack_that_answers_late_has_not_ended() -> None:
    from os import getpid

    assert not Server(getpid(), getpid(), 1, 0).has_ended()
    gone = 2**22 + 1
    assert not is_alive(gone)
    assert Server(gone, getpid(), 1, 0).has_ended()
