"""The states of a goal, over every pair of them."""

from __future__ import annotations

import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from intent_segments.api.problem import problem_of
from intent_segments.errors import Conflict
from intent_segments.goals.life_cycle import (
    NEXT,
    STEPS,
    Cause,
    Status,
    archived_reason,
    check_step,
    days_left,
    ended_reason,
)

DIAGRAM = {
    "preparing": {"active", "needs_data", "failed", "archived"},
    "active": {"ended", "archived"},
    "needs_data": {"ended", "archived"},
    "failed": {"archived"},
    "ended": {"archived"},
    "archived": set(),
}
"""Written down once more, by hand: the table in the code is held to it."""

PAGE = (Path(__file__).parents[3] / "docs/goals.md").read_text("utf-8")

ENDS_ON, WATERMARK = date(2026, 11, 30), date(2026, 11, 21)


@pytest.mark.parametrize(("present", "wanted"), list(product(Status, Status)), ids=str)
def test_a_step_is_taken_where_the_diagram_has_it_and_is_a_409_elsewhere(
    present: Status, wanted: Status
) -> None:
    if wanted in DIAGRAM[present]:
        check_step(present, wanted)
        return
    with pytest.raises(Conflict, match=f"{present} cannot become {wanted}") as refused:
        check_step(present, wanted)
    assert problem_of(refused.value).status == 409


def test_every_step_stands_in_the_table_once() -> None:
    pairs = [(step.before, step.after) for step in STEPS]
    assert len(pairs) == len(set(pairs))
    assert [step.after for step in STEPS if step.before is None] == [Status.PREPARING]


def test_the_page_has_the_table_as_the_code_has_it() -> None:
    rows = re.findall(r"^\| (?:`(\w+)` )?\| `(\w+)` \| ([\w-]+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(str(s.before or ""), str(s.after), str(s.cause), s.when) for s in STEPS]


def test_who_archives_is_the_owner_who_ends_the_night_and_nobody_else() -> None:
    causes = {after: {s.cause for s in STEPS if s.after == after} for after in Status}
    assert causes[Status.ARCHIVED] == {Cause.OWNER}
    assert causes[Status.ENDED] == {Cause.NIGHT}
    assert causes[Status.ACTIVE] == causes[Status.NEEDS_DATA] == {Cause.SET_UP}


def test_preparing_active_and_needs_data_fill_the_limit() -> None:
    assert [s for s in Status if s.holds_a_place] == ["preparing", "active", "needs_data"]


def test_every_state_but_the_last_can_be_archived() -> None:
    assert {s for s in Status if Status.ARCHIVED in NEXT[s]} == set(Status) - {Status.ARCHIVED}


def test_no_state_follows_one_without_a_place_that_takes_a_place() -> None:
    for present in Status:
        if not present.holds_a_place:
            assert not any(following.holds_a_place for following in NEXT[present])


def test_a_step_that_cannot_follow_says_what_can() -> None:
    with pytest.raises(Conflict, match="ended cannot become active; what can follow: archived"):
        check_step(Status.ENDED, Status.ACTIVE)


@pytest.mark.parametrize(
    ("status", "ends_on", "left"),
    [
        (Status.PREPARING, ENDS_ON, 9),
        (Status.ACTIVE, ENDS_ON, 9),
        (Status.NEEDS_DATA, WATERMARK, 0),
        (Status.ENDED, ENDS_ON, 0),
        (Status.FAILED, ENDS_ON, None),
        (Status.ARCHIVED, ENDS_ON, None),
        (Status.ACTIVE, None, None),
    ],
)
def test_days_are_left_while_the_period_goes_on(
    status: Status, ends_on: date | None, left: int | None
) -> None:
    assert days_left(status, ends_on, WATERMARK) == left


def test_the_reason_before_is_kept_when_a_goal_ends_or_is_archived() -> None:
    assert ended_reason(ENDS_ON, None) == "Its last day, 2026-11-30, is closed."
    assert "Before that: load more" in ended_reason(ENDS_ON, "load more")
    assert archived_reason(Status.ACTIVE, None) == "Archived by its owner; it was active."
    assert archived_reason(Status.FAILED, "no such luck").endswith("it was failed. no such luck")
