"""A goal lives fourteen nights while a campaign of somebody's moves its test arm; another one, on
another event, is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from intent_segments.api import answers
from intent_segments.campaigns.cuped import Moments, cuped
from intent_segments.lake.calendar import from_day
from tests.fixtures.charges import Happened
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask

USERS, HISTORY, NIGHTS = 1_200, 56, 14
AS_OF = START + HISTORY - 1
MOVED = 0.03
"""How much likelier on every day the campaign makes it that a member of the test arm buys."""


@dataclass(frozen=True)
class Lived:
    """Both goals after their last night, and the truth: users of the test arm of `moved` who bought
    and who would have without the campaign, by day."""

    account: Nights
    moved: str
    left_alone: str
    bought: list[int]
    anyway: list[int]

    def uplift(self, goal_id: str, query: str = "") -> dict[str, Any]:
        answer = ask("GET", f"/v1/goals/{goal_id}/uplift{query}")
        assert answer.status == 200, answer.text
        answers.Uplift.model_validate(answer.json)
        return dict(answer.json)


def lived(account: Nights) -> Lived:
    random = np.random.default_rng(23)
    rates = random.gamma(0.9, 0.09, (2, USERS)).clip(0, 0.5)

    def some(day: int, chance: np.ndarray, draws: np.ndarray) -> list[Happened]:
        return [
            Happened(int(user), event, day, {})
            for event, row in zip(("Bought", "Looked"), draws < chance, strict=True)
            for user in np.flatnonzero(row)
        ]

    past = [Happened(user, "Joined", START, {}) for user in range(USERS)]
    for day in range(START, AS_OF + 1):
        past += some(day, rates, random.random((2, USERS)))
    account.load(past, "past")
    account.stores.account.get_or_create("UTC", "the salt of the account")
    made = [
        account.goal(
            {
                "segment_id": "all-users",
                "events": [event],
                "ends_on": from_day(AS_OF + NIGHTS).isoformat(),
                "control_share": 0.2,
            }
        )
        for event in ("Bought", "Looked")
    ]
    rows = account.scores(made[0], from_day(AS_OF))
    test = np.array([rows[f"user {user}"]["arm"] == 0 for user in range(USERS)])
    chance = rates.copy()
    chance[0] += MOVED * test
    bought, anyway = np.zeros(USERS, bool), np.zeros(USERS, bool)
    came: tuple[list[int], list[int]] = ([], [])
    for day in range(AS_OF + 1, AS_OF + NIGHTS + 1):
        draws = random.random((2, USERS))
        bought |= draws[0] < chance[0]
        anyway |= draws[0] < rates[0]
        for counts, who in zip(came, (bought, anyway), strict=True):
            counts.append(int(who[test].sum()))
        account.load(some(day, chance, draws), f"on-{day}")
        assert account.night(from_day(day))["status"] == "published"
    return Lived(account, *made, *came)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with nights(tmp_path_factory.mktemp("uplift"), groups=1) as account:
        yield lived(account)


def test_the_campaign_is_found_and_counted(world: Lived) -> None:
    found = world.uplift(world.moved)
    assert (found["verdict"], found["looks"], found["final"]) == ("better", NIGHTS, True)
    assert found["test"]["did"] == world.bought[-1] and found["srm"]["ok"]
    assert found["repeated"]["low95"] > 0 and found["always_valid"]["low95"] > 0
    truly = world.bought[-1] - world.anyway[-1]
    users = found["incremental_users"]
    assert users["low95"] < truly < users["high95"]
    assert found["sentence"].startswith("Better: more members of the test arm did it")


def test_the_event_that_was_left_alone_shows_nothing(world: Lived) -> None:
    found = world.uplift(world.left_alone)
    assert found["verdict"] == "inconclusive" and found["srm"]["ok"]
    assert found["repeated"]["low95"] < 0 < found["repeated"]["high95"]


def test_three_lines_tell_the_organic_part_from_the_campaigns(world: Lived) -> None:
    days = world.uplift(world.moved)["by_day"]
    assert [day["actual"] for day in days] == world.bought
    assert days[-1]["date"] == from_day(AS_OF + NIGHTS).isoformat()
    for day, bought, anyway in zip(days, world.bought, world.anyway, strict=True):
        # These intervals hold all together, on every night.
        assert day["incremental"]["low95"] < bought - anyway < day["incremental"]["high95"]
    gained = days[-1]["incremental"]
    assert gained["value"] == pytest.approx(days[-1]["actual"] - days[-1]["baseline"]["value"])
    # The forecast of day 0 knows no campaign: it goes with the baseline, not with what came.
    assert abs(days[-1]["forecast"] - world.anyway[-1]) < abs(
        days[-1]["forecast"] - world.bought[-1]
    )


def test_the_adjusted_effect_is_that_of_the_single_users(world: Lived) -> None:
    found = world.uplift(world.moved)["adjusted"]
    day0 = world.account.scores(world.moved, from_day(AS_OF))
    last = world.account.scores(world.moved, from_day(AS_OF + NIGHTS))
    sums = []
    for arm in (0, 1):
        users = [user for user, row in day0.items() if row["arm"] == arm]
        x = np.array([day0[user]["likelihood"] for user in users], np.int64)
        did = np.array([last[user]["state"] == 1 for user in users])
        sums.append(Moments(len(x), int(did.sum()), int(x.sum()), int(x @ x), int(x[did].sum())))
    expected = cuped(sums[0], sums[1])
    assert expected is not None and found["method"] == "cuped"
    assert found["difference"]["value"] == pytest.approx(expected.difference.value, abs=1e-6)
    assert found["variance_saved"] == pytest.approx(expected.variance_saved, abs=1e-6)
    assert found["variance_saved"] > 0.05


def test_buckets_and_tenths_are_those_of_day_0(world: Lived) -> None:
    found = world.uplift(world.moved)
    day0 = world.account.scores(world.moved, from_day(AS_OF))
    for bucket in found["by_bucket"]:
        number = ("least_likely", "moderately_likely", "most_likely").index(bucket["bucket"])
        mine = [row for row in day0.values() if row["bucket"] == number]
        users = bucket["test"]["users"], bucket["control"]["users"]
        assert users == tuple(sum(row["arm"] == arm for row in mine) for arm in (0, 1))
    tenths = found["by_likelihood"]["tenths"]
    assert [tenth["tenth"] for tenth in tenths] == list(range(1, 11))
    assert sum(tenth["test"]["did"] for tenth in tenths) == world.bought[-1]
    said = [tenth["likelihood"] for tenth in tenths]
    assert said == sorted(said, reverse=True)
    assert found["by_likelihood"]["qini"]["curve"][0] == {"share": 0.0, "incremental": 0.0}
    assert found["persuadables"]["answer"] != "untested"


def test_one_bucket_can_be_asked_for(world: Lived) -> None:
    whole = world.uplift(world.moved)
    found = world.uplift(world.moved, "?bucket=least_likely")
    [same] = [b for b in whole["by_bucket"] if b["bucket"] == "least_likely"]
    assert {key: found[key] for key in same if key != "bucket"} == {
        key: value for key, value in same.items() if key != "bucket"
    }
    assert found["by_day"][-1]["actual"] == same["test"]["did"]
    assert found["by_day"][-1]["forecast"] is None
    refused = ask("GET", f"/v1/goals/{world.moved}/uplift?bucket=likely")
    assert refused.status == 422 and "most_likely" in refused.text


def test_counts_that_are_not_the_nights_are_refused(world: Lived) -> None:
    objects = world.account.stores.objects
    [key] = objects.keys(f"effects/{world.left_alone}/{from_day(AS_OF + NIGHTS)}/")
    body = objects.get(key)
    objects.put(key, body.replace(b"1", b"2", 1))
    try:
        refused = ask("GET", f"/v1/goals/{world.left_alone}/uplift")
        assert refused.status == 500 and "corrupt-object" in refused.text
    finally:
        objects.put(key, body)
