from __future__ import annotations

import pytest

from intent_segments.errors import Conflict
from intent_segments.goals.goal import NEXT, Status, check_step


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
