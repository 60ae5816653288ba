"""Every example of docs/segments.md is run, on the events and traits that the page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from intent_segments.segments import evaluate, limits
from intent_segments.segments.clauses import KINDS, Did, Hours, Likelihood, On
from intent_segments.segments.comparisons import TraitCondition
from intent_segments.segments.definition import parse
from tests.unit.segments.history import Event, History, Night, Trait

PAGE = (Path(__file__).parents[3] / "docs" / "segments.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n([^`]*)```\nMembers: ([^\n]*)", PAGE)
AS_OF = date(2026, 10, 31)


def rows(header: str) -> list[list[str]]:
    """The cells of the page's table with this header."""
    lines = PAGE[PAGE.index(header) :].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def trait_value(text: str) -> Any:
    return datetime.fromisoformat(text) if re.match(r"\d{4}-", text) else json.loads(text)


def page_history() -> History:
    events = [
        Event(user, event, datetime.fromisoformat(ts), json.loads(properties))
        for user, event, ts, properties in rows("| user_id | event |")
    ]
    traits = [
        Trait(user, name, trait_value(value), date.fromisoformat(since) if since else None)
        for user, name, value, since in rows("| user_id | property |")
    ]
    return History(tuple(events), tuple(traits), nights=tuple(page_nights()))


def page_nights() -> Iterator[Night]:
    listed = rows("| goal | date |")
    for goal, day in sorted({(goal, day) for goal, day, *_ in listed}):
        standing = {
            user: (round(float(likelihood) * 1_000_000), bucket, int(at) if at else None)
            for of, on, user, likelihood, bucket, at in listed
            if (of, on) == (goal, day)
        }
        yield Night(goal, date.fromisoformat(day), standing)


@pytest.mark.parametrize(("text", "members"), EXAMPLES)
def test_an_example_of_the_page_has_the_members_it_says(text: str, members: str) -> None:
    tables = page_history().tables()
    found = evaluate.member_ids(tables, parse(json.loads(text)), AS_OF)
    assert ", ".join(found) == members


def test_every_word_of_the_language_has_an_example() -> None:
    shown = " ".join(text for text, _ in EXAMPLES)
    models = (Did, On, Hours, TraitCondition, Likelihood)
    words = {*KINDS, *(f.alias or n for model in models for n, f in model.model_fields.items())}
    words -= {
        "avg",
        "min",
        "max",
        "gt",
        "lte",
        "version_lt",
    }  # as their neighbours, which are shown
    assert not [word for word in sorted(words) if f'"{word}"' not in shown]


def test_the_page_states_the_limits_that_hold() -> None:
    for limit in (
        limits.MAX_CLAUSES,
        limits.MAX_EXPANDED_CLAUSES,
        limits.MAX_VALUES,
        limits.MAX_CONDITIONS,
        limits.MAX_NAME,
        limits.MAX_TEXT,
        limits.MAX_DAYS,
        limits.MAX_HOURS,
    ):
        assert f"{limit:,}" in PAGE
