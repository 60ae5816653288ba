from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from functions.api import handler as api_function
from functions.deliver import handler as deliver_function
from functions.query import handler as query_function
from intent_segments.api import openapi
from intent_segments.api.ids import make_id
from intent_segments.api.operations import OPERATIONS
from intent_segments.api.problem import KINDS
from intent_segments.delivery.kinds import KINDS as KINDS_OF_DESTINATIONS
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

ROOT = Path(__file__).parents[3]
COPIES = (
    ROOT / "docs/openapi.json",
    ROOT / "layers/core/python/intent_segments/api/openapi.json",
)


@pytest.mark.parametrize("copy", COPIES, ids=lambda path: path.parent.name)
def test_the_written_document_is_current(copy: Path) -> None:
    remedy = f"python -m intent_segments.api.openapi {' '.join(map(str, COPIES))}"
    assert copy.read_text("utf-8") == openapi.written(), remedy


def routes(function: ModuleType) -> set[tuple[str, str]]:
    resolver = function.api.resolver
    listed = resolver._static_routes + resolver._dynamic_routes
    return {(route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for route in listed}


FUNCTIONS = [("api", api_function), ("query", query_function), ("deliver", deliver_function)]


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_a_function_serves_what_the_document_says(name: str, function: ModuleType) -> None:
    told = {(entry.method, entry.path) for entry in OPERATIONS if entry.function == name}
    assert routes(function) == told


@pytest.mark.parametrize("kind", KINDS_OF_DESTINATIONS)
def test_the_settings_of_every_kind_are_written_down_as_they_are_taken(kind: str) -> None:
    taken = KINDS_OF_DESTINATIONS[kind]
    schema = openapi.document()["components"]["schemas"][taken.__name__]
    assert set(schema["properties"]) == {entry.name for entry in fields(cast(Any, taken))}
    assert kind in schema["description"]


def test_every_reference_leads_somewhere() -> None:
    document = openapi.document()
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        found = document
        for step in reference.split("/"):
            found = found[step]


def test_every_problem_that_an_operation_names_exists() -> None:
    names = {kind.name for kind in KINDS.values()}
    assert {name for entry in OPERATIONS for name in entry.problems} <= names


def test_the_document_is_served_as_it_is_packaged() -> None:
    assert ask("GET", "/openapi.json").text == openapi.written()


def test_the_page_brings_everything_along() -> None:
    page = ask("GET", "/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"""(src|href)=["']https?:""", page.text)
    assert page.text.count("</script>") == 2


def test_ids_sort_by_the_time_they_were_made() -> None:
    early = make_id("goal", NOW, b"\xff" * 10)
    late = make_id("goal", NOW.replace(second=1), b"\x00" * 10)
    assert re.fullmatch(r"goal_[0-9a-hjkmnp-tv-z]{26}", early)
    assert early < late
