from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.store.stores import Stores
from tests.unit.api.requests import Answer, ask
from tests.unit.store.stack import empty_stack


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """A lake of two groups: 20 users, every second one bought, every fourth one has an address."""
    events = [
        {
            "user_id": f"u{n}",
            "event": "purchase" if n % 2 else "visit",
            "ts": "2026-11-10T12:00:00Z",
        }
        for n in range(20)
    ]
    people = [{"user_id": f"u{n}", "email": f"u{n}@example.org"} for n in range(1, 20, 4)]
    with empty_stack() as made:
        query_function.api.stores = None
        for kind, rows in (("events", events), ("profiles", people)):
            key = f"landing/1/{kind}.jsonl"
            made.objects.put(key, lines(rows))
            request = ImportRequest.from_event({"key": key, "kind": kind})
            import_landed(request, made.head, made.objects, 2, "UTC", tmp_path)
        yield made


def preview(body: dict[str, Any]) -> Answer:
    return ask("POST", "/v1/previews", body, function=query_function)


def test_a_preview_counts_over_all_groups_and_shows_who(stores: Stores) -> None:
    answer = preview({"definition": {"did": {"event": "purchase"}}, "sample": 3}).json
    answers.Preview.model_validate(answer)
    assert (answer["as_of"], answer["users"]) == ("2026-11-10", 10)
    assert answer["reachability"] == {"email": 5, "sms": 0}
    assert len(answer["sample"]) == 3
    assert answer["warnings"] == []


def test_a_misspelt_event_is_pointed_out(stores: Stores) -> None:
    answer = preview({"definition": {"did": {"event": "purchas"}}}).json
    assert answer["users"] == 0
    assert "Did you mean 'purchase'?" in answer["warnings"][0]


def test_all_users_can_be_previewed(stores: Stores) -> None:
    assert preview({"segment_id": "all-users"}).json["users"] == 20


def test_neither_segment_nor_definition_is_refused(stores: Stores) -> None:
    assert preview({}).status == 422
