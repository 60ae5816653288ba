"""Days and instants are told as text; a number is a mistake, not a day of 1970."""

from __future__ import annotations

from typing import Any

import pytest

from intent_segments.store.stores import Stores
from tests.unit.api.requests import ask

GOAL = {"name": "x", "segment_id": "all-users", "events": ["purchase"], "ends_on": "2026-12-31"}


@pytest.mark.parametrize("wrong", [0, 20_000, 1.5, True, "0", "20000", "2026-12-31T00:00:00Z", []])
def test_a_day_that_is_no_text_of_a_day_is_refused_with_an_example(
    stores: Stores, wrong: Any
) -> None:
    for path, body, field in (
        ("/v1/segments/all-users/exports", {"format": "csv", "as_of": wrong}, "as_of"),
        ("/v1/goals", GOAL | {"ends_on": wrong}, "ends_on"),
        ("/v1/goals", GOAL | {"as_of": wrong}, "as_of"),
    ):
        answer = ask("POST", path, body)
        assert answer.status == 422, (path, answer.text)
        [error] = answer.json["errors"]
        assert error["field"] == field
        assert error["message"].startswith(f"{field}: must be a day such as 2026-12-31; got")


@pytest.mark.parametrize("wrong", [0, 1_796_000_000, "0", "tomorrow"])
def test_an_instant_that_is_no_text_of_one_is_refused_too(stores: Stores, wrong: Any) -> None:
    schedule = {"kind": "at", "at": wrong}
    body = {"name": "x", "destination_id": "dst_1", "schedule": schedule}
    answer = ask("POST", "/v1/engagements", body | {"audience": {"everyone": True}})
    assert answer.status == 422
    assert any("must be an instant such as" in one["message"] for one in answer.json["errors"])
