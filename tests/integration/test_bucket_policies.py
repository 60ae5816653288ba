"""Buckets that go by ranks and by fixed likelihoods, from the forecast through two nights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from functions.forecast import handler as forecast_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.lake.calendar import from_day
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, by_day, nights
from tests.unit.api.requests import ask

AS_OF, NIGHTS, DAYS = START + 150, 2, 14
HAPPENED = charges(users=600, days=AS_OF + NIGHTS - START + 1)
GOAL = {
    "segment_id": "all-users",
    "events": ["Charged"],
    "ends_on": from_day(AS_OF + DAYS).isoformat(),
}
PERCENTILE = {"by": "percentile", "most": 20, "moderate": 30}
LIKELIHOOD = {"by": "likelihood", "most": 0.7, "moderate": 0.4}
NOBODY = {"by": "likelihood", "most": 0.999999, "moderate": 0.999998}
Scores = dict[date, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Ran:
    """An account whose goals have run two nights. `goals` and `forecasts` go by policy, `shown` has
    what the API says of the buckets after every evening, day 0 first."""

    goals: dict[str, str]
    forecasts: dict[str, dict[str, Any]]
    scores: dict[str, Scores]
    shown: dict[str, list[dict[str, Any]]]


def ran(account: Nights) -> Ran:
    account.load([h for h in HAPPENED if h.day <= AS_OF])
    goals, forecasts = {}, {}
    for policy in (PERCENTILE, LIKELIHOOD):
        body = GOAL | {"buckets": policy}
        forecast = ask("POST", "/v1/forecasts", body, function=forecast_function).json
        name = str(policy["by"])
        forecasts[name] = forecast
        goals[name] = account.goal({"forecast_id": forecast["id"]})
    goals["nobody"] = account.goal(GOAL | {"buckets": NOBODY})
    goals["unwanted"] = account.goal(GOAL | {"buckets": LIKELIHOOD, "direction": "minimize"})
    goals["rolling"] = account.goal(
        GOAL | {"buckets": LIKELIHOOD, "ends_on": None, "rolling_days": DAYS}
    )
    scores: dict[str, Scores] = {name: {} for name in goals}
    shown: dict[str, list[dict[str, Any]]] = {name: [] for name in goals}

    def look(day: date) -> None:
        for name, goal_id in goals.items():
            scores[name][day] = account.scores(goal_id, day)
            shown[name].append(ask("GET", f"/v1/goals/{goal_id}/buckets").json)

    look(from_day(AS_OF))
    for day, events in by_day(HAPPENED, AS_OF + 1, AS_OF + NIGHTS):
        account.load(events, f"on-{day}")
        assert account.night(day)["status"] == "published"
        look(day)
    return Ran(goals, forecasts, scores, shown)


@pytest.fixture(scope="module")
def in_four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scores]:
    with nights(tmp_path_factory.mktemp("four"), 4) as account:
        return ran(account).scores


@pytest.fixture(scope="module")
def made(in_four: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """In one group. It comes after `in_four`, because two accounts cannot stand at a time."""
    with nights(tmp_path_factory.mktemp("one"), 1) as account:
        yield ran(account)


def still_open(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows.values() if row["state"] == 0]


def plain(likelihood: int, cuts: tuple[float, float]) -> int:
    return sum(likelihood / 1e6 >= cut for cut in cuts)


@pytest.mark.parametrize("policy", [PERCENTILE, LIKELIHOOD])
def test_the_forecast_shows_the_buckets_that_day_zero_then_has(
    made: Ran, policy: dict[str, Any]
) -> None:
    forecast = made.forecasts[policy["by"]]
    answers.Forecast.model_validate(forecast)
    assert forecast["bucket_policy"] == policy
    shown = made.shown[policy["by"]][0]
    answers.Buckets.model_validate(shown)
    assert shown["bucket_policy"] == policy
    assert [b["bucket"] for b in forecast["buckets"]] == [b["bucket"] for b in shown["buckets"]]
    for expected, bucket in zip(forecast["buckets"], shown["buckets"], strict=True):
        assert expected["users"] == pytest.approx(bucket["users"], abs=12)
    goal = ask("GET", f"/v1/goals/{made.goals[policy['by']]}").json
    answers.Goal.model_validate(goal)
    assert goal["bucket_policy"] == policy


def test_by_percentile_the_shares_of_open_members_stay_as_asked_for(made: Ran) -> None:
    for night in made.shown["percentile"]:
        # Band and dwell hold two percent at either cut back.
        shares = [bucket["share"] for bucket in night["buckets"]]
        assert shares == pytest.approx([0.2, 0.3, 0.5], abs=0.04)
        assert night["note"] is None
    assert made.shown["percentile"][-1]["achieved"] > 0


@pytest.mark.parametrize("name", ["likelihood", "unwanted", "rolling"])
def test_by_likelihood_the_cuts_stay_and_the_shares_do_not(made: Ran, name: str) -> None:
    nights = made.shown[name]
    for night in nights:
        assert [b["likelihood_from"] for b in night["buckets"]] == [0.7, 0.4, 0.0]
    assert len({tuple(b["share"] for b in night["buckets"]) for night in nights}) > 1


@pytest.mark.parametrize("name", ["likelihood", "unwanted", "rolling"])
def test_day_zero_puts_everybody_where_the_fixed_likelihoods_say(made: Ran, name: str) -> None:
    rows = still_open(made.scores[name][from_day(AS_OF)])
    buckets = [plain(row["likelihood"], (0.4, 0.7)) for row in rows]
    assert [row["bucket"] for row in rows] == buckets
    assert len(set(buckets)) == 3


def test_nobody_stays_beyond_a_fixed_likelihood_for_a_second_night(made: Ran) -> None:
    first, second = (made.scores["likelihood"][from_day(AS_OF + n)] for n in (1, 2))
    moved = 0
    for user, row in second.items():
        if row["state"] != 0:
            continue
        today = plain(row["likelihood"], (0.4, 0.7))
        assert abs(row["bucket"] - today) <= 1
        if row["bucket"] != today:
            # Held tonight, so it was not on this side of the cut last night.
            assert row["pending"] in (-1, 1)
            assert plain(first[user]["likelihood"], (0.4, 0.7)) != today
        moved += row["bucket"] != first[user]["bucket"]
    assert moved > 0


@pytest.mark.parametrize("name", ["percentile", "likelihood", "unwanted", "rolling"])
def test_transitions_count_the_open_members_of_both_nights(made: Ran, name: str) -> None:
    before, tonight = (made.scores[name][from_day(AS_OF + n)] for n in (1, 2))
    labels = ("least_likely", "moderately_likely", "most_likely")
    counted = {start: dict.fromkeys(labels, 0) for start in labels}
    for user, row in tonight.items():
        if row["state"] == 0:
            counted[labels[before[user]["bucket"]]][labels[row["bucket"]]] += 1
    assert made.shown[name][-1]["transitions"] == counted


def test_it_is_said_when_all_are_on_one_side_of_the_fixed_likelihoods(made: Ran) -> None:
    night = made.shown["nobody"][-1]
    assert [bucket["users"] for bucket in night["buckets"]] == [0, 0, night["open"]]
    assert "same side of this goal's fixed likelihoods" in night["note"]
    assert made.shown["likelihood"][-1]["note"] is None


def test_members_of_a_bucket_are_listed_by_the_policy(made: Ran) -> None:
    path = f"/v1/goals/{made.goals['likelihood']}/buckets/most_likely/users?limit=100"
    listed = ask("GET", path, function=query_function).json["data"]
    expected = {
        user
        for user, row in made.scores["likelihood"][from_day(AS_OF + NIGHTS)].items()
        if row["bucket"] == 2
    }
    assert {user["user_id"] for user in listed} <= expected
    assert len(listed) == min(len(expected), 100)


def test_buckets_do_not_depend_on_the_number_of_groups(
    made: Ran, in_four: dict[str, Scores]
) -> None:
    def told(scores: dict[str, Scores]) -> Any:
        # Arms are drawn with the salt of the account, and these are two.
        return {
            name: {
                day: {user: row | {"arm": None} for user, row in rows.items()}
                for day, rows in nights.items()
            }
            for name, nights in scores.items()
        }

    assert told(made.scores) == told(in_four)
