"""One machine or sixty-four: the same users give the same result, to the byte."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from intent_segments.lake.calendar import from_day
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.fixtures.nights import nights

AS_OF = START + 120
HAPPENED = charges(users=150, days=122)
GROUPS = (1, 16, 64)


@dataclass(frozen=True)
class Told:
    """All that an account says of its goal: in numbers, and of every user."""

    published: str
    scores: str


def told(folder: Path, groups: int) -> Told:
    with nights(folder, groups) as account:
        account.load([h for h in HAPPENED if h.day <= AS_OF])
        account.stores.account.get_or_create("UTC", "the same salt everywhere")
        goal_id = account.goal(
            {
                "segment_id": "all-users",
                "events": ["Charged"],
                "ends_on": from_day(AS_OF + 9).isoformat(),
            }
        )
        account.load([h for h in HAPPENED if h.day == AS_OF + 1], "next")
        night = from_day(AS_OF + 1)
        account.night(night)
        run = account.stores.runs.get(f"night-{night.isoformat()}")
        day0 = account.scores(goal_id, from_day(AS_OF))
        assert len(account.stores.objects.keys(f"targets/{goal_id}/")) == groups
        return Told(
            as_text([account.stores.goals.get(goal_id).day0, run.goals[goal_id]]),
            as_text([day0, account.scores(goal_id, night), account.changes(goal_id, night)]),
        )


def as_text(found: Any) -> str:
    return json.dumps(found, sort_keys=True, default=int)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Told]:
    return {groups: told(tmp_path_factory.mktemp(f"in-{groups}"), groups) for groups in GROUPS}


@pytest.mark.parametrize("groups", GROUPS[1:])
def test_the_published_night_is_the_same(accounts: dict[int, Told], groups: int) -> None:
    assert accounts[groups].published == accounts[1].published


@pytest.mark.parametrize("groups", GROUPS[1:])
def test_every_user_has_the_same_score_bucket_arm_reasons_and_change(
    accounts: dict[int, Told], groups: int
) -> None:
    assert accounts[groups].scores == accounts[1].scores
