"""What `intent export` asks for, and how files come from behind a redirect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from intent_local.cli import parse
from intent_local.client import ApiClient, ApiError, ApiUnreachableError, fetch
from intent_local.commands.export import request
from intent_local.commands.segments import row


def asked(*options: str) -> tuple[str, dict[str, Any]]:
    return request(parse(["export", "--out", "out", *options]))


def test_a_segment_is_asked_for_with_its_traits_and_its_day() -> None:
    options = ("--segment", "seg_1", "--trait", "email", "--trait", "city", "--as-of", "2026-10-31")
    body = {"format": "csv", "traits": ["email", "city"], "as_of": "2026-10-31"}
    assert asked(*options) == ("/v1/segments/seg_1/exports", body)


def test_a_goal_is_asked_for_by_its_buckets() -> None:
    options = ("--goal", "goal_1", "--bucket", "most_likely", "--format", "parquet")
    assert asked(*options) == (
        "/v1/goals/goal_1/exports",
        {
            "format": "parquet",
            "traits": [],
            "buckets": ["most_likely"],
            "include_control": False,
        },
    )


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--segment", "s", "--goal", "g"),
        ("--segment", "s", "--include-control"),
        ("--segment", "s", "--bucket", "most_likely"),
        ("--goal", "g", "--as-of", "2026-10-31"),
        ("--goal", "g", "--bucket", "best"),
        ("--segment", "s", "--format", "xlsx"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_wrong_usage(options: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        asked(*options)


def test_a_segment_is_listed_with_its_newest_size() -> None:
    size = {"users": 12, "date": "2026-11-12", "estimated": False}
    segment = {"id": "seg_1", "name": "Buyers", "goals": ["goal_1"], "size": size}
    assert row(segment) == ("seg_1", 12, "2026-11-12", 1, "Buyers")
    assert row(segment | {"size": None})[1:3] == (None, None)


@pytest.fixture
def server() -> Iterator[str]:
    """/file leads to /link, which has four bytes; anything else is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/file":
                self.send_response(302)
                self.send_header("Location", f"{url}/link")
                self.end_headers()
            elif self.path == "/link":
                self.send_response(200)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"four")
            else:
                self.send_response(404)
                self.end_headers()
                self.wfile.write(b'{"detail": "There is no export"}')

        def log_message(self, *_: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as made:
        url = f"http://127.0.0.1:{made.server_port}"
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield url
        made.shutdown()
        thread.join()


def test_a_file_is_fetched_from_where_the_api_sends(server: str, tmp_path: Path) -> None:
    link = ApiClient(server).redirect("/file")
    assert link == f"{server}/link"
    fetch(link, tmp_path / "users.csv.gz", 4)
    assert (tmp_path / "users.csv.gz").read_bytes() == b"four"


def test_half_a_file_is_no_file(server: str, tmp_path: Path) -> None:
    with pytest.raises(ApiUnreachableError, match="broke before all of users"):
        fetch(f"{server}/link", tmp_path / "users.csv.gz", 5)
    with pytest.raises(ApiUnreachableError, match="cannot be read"):
        fetch(f"{server}/gone", tmp_path / "users.csv.gz", 4)
    assert list(tmp_path.iterdir()) == []


def test_a_problem_of_the_api_keeps_its_words(server: str) -> None:
    with pytest.raises(ApiError, match="There is no export"):
        ApiClient(server).redirect("/nothing")
