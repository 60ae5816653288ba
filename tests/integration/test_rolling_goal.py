"""A rolling goal through many nights: every night anew, judged when its window is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from functions.forecast import handler as forecast_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.goals import rolling
from intent_segments.goals.plan import Plan
from intent_segments.lake.calendar import from_day, to_day
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from tests.fixtures.charges import Happened, charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, by_day, nights
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW

AS_OF, LAST, AHEAD = START + 150, START + 158, 3
RETRAINED = AS_OF + 5
ACTIVE = {"did": {"event": "Visit", "within": {"days": 28}}}
LARGE = {"event": "Charged", "where": [{"property": "amount", "gte": 30}]}
GOAL: dict[str, Any] = {
    "definition": ACTIVE,
    "events": [LARGE],
    "rolling_days": AHEAD,
}
HAPPENED = charges(users=500, days=162)


def members() -> set[int]:
    """Of the segment on AS_OF, counted by hand."""
    return {h.uh for h in HAPPENED if h.event == "Visit" and AS_OF - 28 < h.day <= AS_OF}


LATE = AS_OF + 1
"""What every other user did on this day lands four days later, when one window is over that has it:
the one that began after AS_OF."""


def is_late(happened: Happened) -> bool:
    return happened.day == LATE and happened.uh % 2 == 0


def came(after: int, by: int = LAST) -> list[Happened]:
    """The goal's events by members in the window that begins after a night, as far as they had
    landed for the night `by`."""
    return [
        h
        for h in HAPPENED
        if not (is_late(h) and by < LATE + 4)
        and after < h.day <= after + AHEAD
        and h.event == "Charged"
        and h.properties["amount"] >= 30
        and h.uh in members()
    ]


@dataclass(frozen=True)
class Ran:
    """An account whose rolling goals have run all nights up to LAST: `goal_id`, and `unwanted`,
    the same to minimize. `models` are the versions on record after each night, `published` what was
    stored of it."""

    account: Nights
    goal_id: str
    unwanted: str
    forecast: dict[str, Any]
    models: dict[int, str]
    published: dict[str, Any]


def ran(account: Nights, last: int) -> Ran:
    account.load([h for h in HAPPENED if h.day <= AS_OF])
    forecast = ask("POST", "/v1/forecasts", GOAL, function=forecast_function).json
    goal_id = account.goal({"forecast_id": forecast["id"]})
    unwanted = account.goal(GOAL | {"direction": "minimize"})
    models = {}
    for day, events in by_day(HAPPENED, AS_OF + 1, last):
        landed = [h for h in events if not is_late(h)]
        if to_day(day) == LATE + 4:
            landed += [h for h in HAPPENED if is_late(h)]
        account.load(landed, f"on-{day}")
        assert account.night(day)["status"] == "published"
        model = account.stores.goals.get(goal_id).model
        assert model is not None
        models[(day - from_day(AS_OF)).days] = model["version"]
    runs = account.stores.runs.nights_of(goal_id, from_day(AS_OF), from_day(last))
    published = {night["date"]: night for night in runs}
    return Ran(account, goal_id, unwanted, forecast, models, published)


@pytest.fixture(scope="module")
def in_four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the first four nights published where users are in four groups."""
    with nights(tmp_path_factory.mktemp("four"), 4) as account:
        return ran(account, AS_OF + 4).published


@pytest.fixture(scope="module")
def made(in_four: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """In one group, up to LAST. It comes after `in_four`: two accounts cannot stand at a time."""
    with (
        pytest.MonkeyPatch.context() as patch,
        nights(tmp_path_factory.mktemp("one"), 1) as account,
    ):
        # Four weeks of nights would show nothing more.
        patch.setattr(rolling, "RETRAIN_NIGHTS", RETRAINED - AS_OF)
        yield ran(account, LAST)


def test_the_forecast_is_of_the_coming_days(made: Ran) -> None:
    found = answers.Forecast.model_validate(made.forecast)
    assert (found.rolling_days, found.ends_on, len(found.curve)) == (AHEAD, None, AHEAD)
    assert found.users == len(members())
    assert found.curve[-1].date == from_day(AS_OF + AHEAD)
    assert (
        found.intervals["95"].low <= len({h.uh for h in came(AS_OF)}) <= found.intervals["95"].high
    )


def test_every_night_stands_beside_what_came_once_its_window_is_over(made: Ran) -> None:
    found = ask("GET", f"/v1/goals/{made.goal_id}/progress").json
    answers.Progress.model_validate(found)
    assert [day["date"] for day in found["days"]] == [
        from_day(day).isoformat() for day in range(AS_OF, LAST + 1)
    ]
    for offset, day in enumerate(found["days"]):
        night = AS_OF + offset
        window = day["window"]
        assert (window["starts_on"], window["ends_on"]) == (
            from_day(night + 1).isoformat(),
            from_day(night + AHEAD).isoformat(),
        )
        complete = night + AHEAD <= LAST
        events = came(night, by=night + AHEAD)
        assert window["did"] == (len({h.uh for h in events}) if complete else None)
        assert window["events"] == (len(events) if complete else None)
        known = len({h.uh for h in came(night)})
        assert window["did_restated"] == (known if night == AS_OF else None)
        assert day["did_restated"] is None
        assert day["predicted"]["low80"] <= day["predicted"]["value"] <= day["predicted"]["high80"]
        if complete:
            cells = [cell for arms in window["by_bucket"].values() for cell in arms.values()]
            assert sum(cell["users"] for cell in cells) == found["users"] == len(members())
            assert sum(cell["did"] for cell in cells) == window["did"]
            assert sum(cell["did"] for cell in window["by_arm"].values()) == window["did"]


def test_the_window_that_is_restated_is_another_one_than_was_published() -> None:
    assert len({h.uh for h in came(AS_OF, by=LATE + 3)}) < len({h.uh for h in came(AS_OF)})


def test_the_errors_of_complete_windows_are_summed_up(made: Ran) -> None:
    found = ask("GET", f"/v1/goals/{made.goal_id}/progress").json
    over = [day for day in found["days"] if day["window"]["did"] is not None]
    errors = [day["predicted"]["value"] / day["window"]["did"] - 1 for day in over]
    assert found["windows"]["complete"] == len(over) == LAST - AS_OF - AHEAD + 1
    assert found["windows"]["mape"] == pytest.approx(sum(map(abs, errors)) / len(errors), abs=1e-5)
    assert found["windows"]["bias"] == pytest.approx(sum(errors) / len(errors), abs=1e-5)
    assert found["windows"]["coverage80"] > 0.5


def test_nobody_is_ever_done_with_a_rolling_goal(made: Ran) -> None:
    assert all(night["open"] == night["users"] for night in made.published.values())
    assert all(night["did"] == 0 for night in made.published.values())
    scores = made.account.scores(made.goal_id, from_day(LAST))
    assert {row["state"] for row in scores.values()} == {0}
    assert all(0 < row["likelihood"] < 1_000_000 and row["bucket"] < 3 for row in scores.values())
    goal = ask("GET", f"/v1/goals/{made.goal_id}").json
    answers.Goal.model_validate(goal)
    assert (goal["status"], goal["last_night"]) == ("active", from_day(LAST).isoformat())


def test_an_unwanted_event_is_predicted_as_often_as_a_wanted_one(made: Ran) -> None:
    wanted, unwanted = (
        ask("GET", f"/v1/goals/{goal_id}/progress").json["days"]
        for goal_id in (made.goal_id, made.unwanted)
    )
    for one, other in zip(wanted, unwanted, strict=True):
        assert one["window"]["did"] == other["window"]["did"]
        assert one["predicted"]["value"] == pytest.approx(other["predicted"]["value"], abs=0.02)
        assert one["predicted"]["low80"] == pytest.approx(other["predicted"]["low80"], abs=0.02)


def test_buckets_keep_the_shares_of_day_0_and_rank_what_comes(made: Ran) -> None:
    found = ask("GET", f"/v1/goals/{made.goal_id}/buckets").json
    answers.Buckets.model_validate(found)
    first = made.account.stores.goals.get(made.goal_id).day0
    assert first is not None
    for bucket in found["buckets"]:
        then = first["open_by_bucket"][bucket["bucket"]] / first["open"]
        assert bucket["share"] == pytest.approx(then, abs=0.05)
    rates = [bucket["day0"]["rate"] for bucket in found["buckets"]]
    assert rates[0] > rates[-1]


def test_the_evaluation_judges_the_newest_complete_window(made: Ran) -> None:
    found = ask("GET", f"/v1/goals/{made.goal_id}/evaluation").json
    answers.GoalEvaluation.model_validate(found)
    began = LAST - AHEAD
    assert found["did"] == len({h.uh for h in came(began)})
    assert found["predicted"] == made.published[from_day(began).isoformat()]["predicted"]
    assert sum(bucket["did"] for bucket in found["buckets"]) == found["did"]


def test_a_new_model_is_made_when_the_old_one_is_due_and_serves_from_then_on(made: Ran) -> None:
    versions = list(made.models.values())
    assert len(set(versions[:4])) == 1 and len(set(versions[4:])) == 1
    assert versions[4] != versions[3]
    goal = made.account.stores.goals.get(made.goal_id)
    assert goal.model is not None and goal.model["as_of"] == from_day(RETRAINED).isoformat()
    drivers = ask("GET", f"/v1/goals/{made.goal_id}/drivers").json
    answers.Drivers.model_validate(drivers)
    assert drivers["as_of"] == from_day(RETRAINED).isoformat()
    assert drivers["model_version"] == versions[-1]


def test_reasons_of_a_user_are_of_the_new_model(made: Ran) -> None:
    path = f"/v1/goals/{made.goal_id}/buckets/most_likely/users?limit=20"
    known = ask("GET", f"/v1/goals/{made.goal_id}/drivers").json["drivers"]
    conditions = {text for d in known for text in (d["condition"], d["opposite"])}
    told = set()
    for user in ask("GET", path, function=query_function).json["data"]:
        answer = ask("GET", f"/v1/users/{user['user_id']}/intents", function=query_function).json
        found = answers.UserIntents.model_validate(answer).data
        [intent] = [entry for entry in found if entry.goal_id == made.goal_id]
        assert intent.state == "open" and intent.likelihood == user["likelihood"]
        told |= {reason.condition for reason in intent.reasons}
    assert told and told <= conditions


def test_numbers_do_not_depend_on_the_number_of_groups(made: Ran, in_four: dict[str, Any]) -> None:
    def told(night: dict[str, Any]) -> Any:
        # Arms are drawn with the salt of the account, and these are two.
        apart = ("by_arm", "by_bucket", "completed", "effects")
        completed = night["completed"] and {
            key: night["completed"][key] for key in ("as_of", "did", "events")
        }
        return {key: value for key, value in night.items() if key not in apart}, completed

    for day, night in in_four.items():
        assert told(night) == told(made.published[day])


def test_a_night_repeated_at_any_point_publishes_the_same(made: Ran) -> None:
    """Training and scoring of the night that made a new model, once more from its stored plan."""
    day = from_day(RETRAINED)
    stores, before = made.account.stores, made.published[day.isoformat()]
    model = stores.goals.get(made.goal_id).model
    event = plan_run(stores, RunRequest("night", date=day), NOW)
    cuts = Plan.from_json(stores.objects.get_json(event["plan_key"])).cuts_key
    first = stores.objects.get_json(cuts)
    made.account.work(event)
    assert stores.objects.get_json(cuts) == first
    record_progress(stores, event, NOW)
    assert stores.runs.get(f"night-{day}").goals[made.goal_id] == before
    assert stores.goals.get(made.goal_id).model == model


def test_a_night_killed_before_publishing_is_made_good_by_a_repeat(made: Ran) -> None:
    day = from_day(LAST) + timedelta(days=1)
    made.account.load([h for h in HAPPENED if h.day == LAST + 1], "killed")
    event = plan_run(made.account.stores, RunRequest("night", date=day), NOW)
    made.account.work(event)
    again = made.account.night(day)
    assert again["status"] == "published"
    days = ask("GET", f"/v1/goals/{made.goal_id}/progress").json["days"]
    assert days[-1]["date"] == day.isoformat()
    assert days[-1 - AHEAD]["window"]["did"] == len({h.uh for h in came(LAST + 1 - AHEAD)})


def test_archiving_is_the_only_end(made: Ran) -> None:
    """The last of the module: the nights after it go on without the goal."""
    assert ask("POST", f"/v1/goals/{made.unwanted}/archive").status == 200
    day: date = from_day(LAST + 2)
    made.account.load([h for h in HAPPENED if h.day == LAST + 2], "after")
    assert ask("POST", f"/v1/goals/{made.goal_id}/archive").json["status"] == "archived"
    assert made.account.night(day)["status"] == "published"
    assert made.account.stores.runs.get(f"night-{day}").goals == {}
