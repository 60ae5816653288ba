"""The published JSON Schema of the language, beside what the language accepts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from intent_segments.errors import InvalidInput
from intent_segments.segments import schema
from intent_segments.segments.definition import parse
from tests.unit.segments.cases import cases

DOCS = Path(__file__).parents[3] / "docs"
EXAMPLES = re.findall(
    r"```json\n([^`]*)```\nMembers:", (DOCS / "segments.md").read_text(encoding="utf-8")
)
VALID = Draft202012Validator(schema.document())


def test_the_published_schema_is_current() -> None:
    assert (DOCS / "segment.schema.json").read_text(encoding="utf-8") == schema.written(), (
        "write it again: python -m intent_segments.segments.schema docs/segment.schema.json"
    )


def test_every_example_of_the_page_fits_the_schema() -> None:
    assert len(EXAMPLES) > 30
    for text in EXAMPLES:
        VALID.validate(json.loads(text))


def test_random_definitions_fit_the_schema() -> None:
    for case in cases(seed=5, histories=2, each=40):
        VALID.validate(case.definition)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"dit": {"event": "a"}},
        {"did": {"event": "a"}, "not": {"all": []}},
        {"did": {"event": "a", "within": None}},
        {"did": {"event": "a", "count": {}}},
        {"did": {"event": "a", "within": {"days": 1, "hours": 1}}},
        {"did": {"event": "a", "within": {"days": 1}, "before": "2026-01-01"}},
        {"did": {"event": "a", "on": {}}},
        {"did": {"event": "a", "on": {"weekdays": ["saturday"]}}},
        {"did": {"event": "a", "on": {"hours": {"from": 24, "to": 3}}}},
        {"did": {"event": "a", "where": [{"property": "x"}]}},
        {"did": {"event": "a", "where": [{"property": "x", "within_last": {"days": 1}}]}},
        {"profile": {"property": "x", "version_gte": 10.2}},
        {"profile": {"property": "x", "within_last": {"hours": 1}}},
        {"sequence": [{"event": "a"}]},
        {"bucket": {"goal": "goal_1", "in": []}},
        {"likelihood": {"goal": "goal_1"}},
        {"likelihood": {"goal": "goal_1", "top_percent": 0}},
    ],
)
def test_what_breaks_the_schema_breaks_the_language(document: Any) -> None:
    assert not VALID.is_valid(document)
    with pytest.raises(InvalidInput):
        parse(document)
