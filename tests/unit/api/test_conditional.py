from __future__ import annotations

import pytest

from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask

PATHS = ["/v1/segments", "/v1/account", "/v1/events", "/openapi.json", "/docs", "/v1/me"]


@pytest.mark.parametrize("path", PATHS)
def test_who_has_an_answer_is_not_sent_it_again(stores: Stores, path: str) -> None:
    first = ask("GET", path)
    tag = first.headers["ETag"]
    again = ask("GET", path, headers={"if-none-match": tag})
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    assert "Content-Type" not in again.headers
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "private, no-cache"


def test_a_change_is_sent(stores: Stores) -> None:
    tag = ask("GET", "/v1/segments").headers["ETag"]
    ask("POST", "/v1/segments", {"name": "All", "definition": {"all": []}})
    answer = ask("GET", "/v1/segments", headers={"if-none-match": tag})
    assert answer.status == 200 and answer.headers["ETag"] != tag


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ("*", 304),
        ('"other"', 200),
        ("", 200),
        ("{bare}", 200),
    ],
)
def test_how_tags_are_compared(stores: Stores, wanted: str, status: int) -> None:
    tag = ask("GET", "/v1/health").headers["ETag"]
    sent = wanted.format(tag=tag, bare=tag.strip('"'))
    assert ask("GET", "/v1/health", headers={"if-none-match": sent}).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/goals/none", 404), ("POST", "/v1/segments", 400), ("GET", "/v1/nothing", 404)],
)
def test_errors_and_writes_have_no_tag(stores: Stores, method: str, path: str, status: int) -> None:
    answer = ask(method, path, headers={"if-none-match": "*"})
    assert answer.status == status and "ETag" not in answer.headers
