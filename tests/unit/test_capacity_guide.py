"""The guide to capacity: reckoned from measured nights, not written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.capacity import MEMORY, ROWS, USERS, Pace, lake, need, text
from bench.night_report import kept
from intent_segments.services.job_memory import TIGHT, require_memory

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"


def test_the_page_is_what_the_measured_nights_say() -> None:
    assert PAGE.read_text("utf-8") == text(kept())


def test_what_is_reckoned_is_near_what_was_measured() -> None:
    nights = kept()
    pace = Pace.of(nights)
    for night in nights:
        measured = float(night.step("ScoreUsers")["seconds"])
        assert pace.scoring(night.rows, night.members) == pytest.approx(measured, rel=0.25)


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("rows", ROWS)
def test_an_account_deployed_as_the_page_says_gets_no_warning(users: int, rows: int) -> None:
    found = need(users, rows, Pace.of(kept()))
    made = lake(users, users * rows, found.groups)
    assert require_memory(made, found.job_memory) == ()
    assert found.job_memory >= MEMORY and max(found.scoring, found.training) <= TIGHT * (
        found.job_memory
    )


def test_no_job_comes_near_the_end_that_lambda_sets() -> None:
    pace = Pace.of(kept())
    assert max(need(users, rows, pace).longest for users in USERS for rows in ROWS) < 15 * 60 / 2
