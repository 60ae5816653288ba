"""A goal on `Charged where amount >= 60`, from the first question to its last night."""

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
from tests.fixtures.charges import Happened, charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, by_day, nights
from tests.unit.api.requests import ask

AS_OF, DAYS = START + 150, 4
LARGE = {"event": "Charged", "where": [{"property": "amount", "gte": 60}]}
GOAL = {
    "segment_id": "all-users",
    "events": [LARGE],
    "ends_on": from_day(AS_OF + DAYS).isoformat(),
}


def fits(h: Happened) -> bool:
    return h.event == "Charged" and h.properties["amount"] >= 60


@dataclass(frozen=True)
class Ran:
    """An account that has run all nights of the goal."""

    account: Nights
    goal_id: str
    forecast: dict[str, Any]
    scores: dict[date, dict[str, dict[str, Any]]]


def ran(account: Nights) -> Ran:
    happened = charges(users=600, days=160)
    account.load([h for h in happened if h.day <= AS_OF])
    forecast = ask("POST", "/v1/forecasts", GOAL, None, forecast_function)
    goal_id = account.goal(GOAL)
    scores = {}
    for day, events in by_day(happened, AS_OF + 1, AS_OF + DAYS):
        account.load(events, f"on-{day}")
        assert account.night(day)["status"] == "published"
        scores[day] = account.scores(goal_id, day)
    return Ran(account, goal_id, forecast.json, scores)


@pytest.fixture(scope="module")
def in_four(tmp_path_factory: pytest.TempPathFactory) -> dict[date, dict[str, dict[str, Any]]]:
    with nights(tmp_path_factory.mktemp("four"), 4) as account:
        return ran(account).scores


@pytest.fixture(scope="module")
def made(in_four: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """In one group. It comes after `in_four`, because two accounts cannot stand at a time."""
    with nights(tmp_path_factory.mktemp("one"), 1) as account:
        yield ran(account)


def achievers(until: int) -> set[str]:
    happened = charges(users=600, days=160)
    return {f"user {h.uh}" for h in happened if AS_OF < h.day <= until and fits(h)}


def test_the_forecast_is_of_the_filtered_event(made: Ran) -> None:
    found = answers.Forecast.model_validate(made.forecast)
    assert found.events == [LARGE]
    low, high = found.intervals["95"].low, found.intervals["95"].high
    assert low <= len(achievers(AS_OF + DAYS)) <= high


def test_only_matching_events_achieve_the_goal_night_after_night(made: Ran) -> None:
    days = ask("GET", f"/v1/goals/{made.goal_id}/progress").json["days"]
    happened = charges(users=600, days=160)
    assert len(days) == DAYS
    for offset, day in enumerate(days, start=1):
        answers.Day.model_validate(day)
        until = AS_OF + offset
        done = achievers(until)
        assert day["did"] == day["achieved"] == len(done) > 0
        assert day["events"] == sum(fits(h) for h in happened if AS_OF < h.day <= until)
        scored = made.scores[from_day(until)]
        assert {user for user, row in scored.items() if row["state"] == 1} == done
    paid_little = {
        f"user {h.uh}" for h in happened if AS_OF < h.day <= AS_OF + DAYS and h.event == "Charged"
    } - done
    assert paid_little and all(scored[user]["state"] == 0 for user in paid_little)


def test_one_user_reads_as_achieved_only_by_a_matching_event(made: Ran) -> None:
    done = min(achievers(AS_OF + DAYS))
    # The goal has ended with its last night, so its lists tell who did it.
    assert ask("GET", f"/v1/goals/{made.goal_id}").json["status"] == "ended"
    path = f"/v1/goals/{made.goal_id}/buckets/most_likely/users?limit=100"
    listed = [user["user_id"] for user in ask("GET", path, function=query_function).json["data"]]
    assert listed and done not in listed


def test_drivers_and_evaluation_are_of_the_filtered_event(made: Ran) -> None:
    drivers = answers.Drivers.model_validate(ask("GET", f"/v1/goals/{made.goal_id}/drivers").json)
    assert drivers.events == [LARGE]
    found = ask("GET", f"/v1/goals/{made.goal_id}/evaluation").json
    assert found["did"] == len(achievers(AS_OF + DAYS))


def test_numbers_do_not_depend_on_the_number_of_groups(
    made: Ran, in_four: dict[date, dict[str, dict[str, Any]]]
) -> None:
    def told(scores: dict[date, dict[str, dict[str, Any]]]) -> Any:
        # Arms are drawn with the salt of the account, and these are two.
        return {
            day: {user: row | {"arm": None} for user, row in rows.items()}
            for day, rows in scores.items()
        }

    assert told(made.scores) == told(in_four)
