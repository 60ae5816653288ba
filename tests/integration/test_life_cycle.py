"""Goals from the forecast to the archive in one account: frozen, counted today, ended, reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from functions.forecast import handler as forecast_function
from intent_segments.api import answers
from intent_segments.goals.buckets import CERTAIN
from intent_segments.lake.calendar import from_day
from intent_segments.propensity.evaluate import evaluate
from tests.fixtures.charges import Happened, charges
from tests.fixtures.histories import START
from tests.fixtures.nights import Nights, nights
from tests.unit.api.requests import ask

AS_OF, DAYS = START + 150, 3
LAST = AS_OF + DAYS
HAPPENED = charges(users=500, days=160)
REGULAR = {"did": {"event": "Visit", "count": {"gte": 3}, "within": {"days": 60}}}
LARGE = {"event": "Charged", "where": [{"property": "amount", "gte": 40}]}
ENDS = {"segment_id": "all-users", "ends_on": from_day(LAST).isoformat()}
KINDS: dict[str, dict[str, Any]] = {
    "all": ENDS | {"events": ["Charged", "Visit"], "match": "all", "direction": "minimize"},
    "filtered": ENDS | {"events": [LARGE]},
    "rolling": {"segment_id": "all-users", "rolling_days": 2, "events": ["Visit"]},
}


@dataclass(frozen=True)
class Lived:
    """`frozen` is the goal that was saved from a forecast of a segment, which was then changed and
    deleted; `others` by kind. `today` and `night` have the counts of every goal and day: after half
    of the day had landed, after all of it had, and as the night published it."""

    account: Nights
    frozen: str
    others: dict[str, str]
    forecast: dict[str, Any]
    today: dict[tuple[str, int], list[dict[str, Any] | None]]
    night: dict[tuple[str, int], dict[str, Any]]

    @property
    def goals(self) -> list[str]:
        return [self.frozen, *self.others.values()]


def members(until: int = AS_OF) -> set[int]:
    """Users of the segment on a day, from the plain list of events."""
    visits: dict[int, int] = {}
    for h in HAPPENED:
        if h.event == "Visit" and until - 60 < h.day <= until:
            visits[h.uh] = visits.get(h.uh, 0) + 1
    return {user for user, count in visits.items() if count >= 3}


def so_far(goal_id: str) -> dict[str, Any] | None:
    answer = ask("GET", f"/v1/goals/{goal_id}/progress?today=true")
    answers.Progress.model_validate(answer.json)
    found: dict[str, Any] | None = answer.json["today"]
    return found


def saved_from_a_forecast(account: Nights) -> tuple[str, dict[str, Any]]:
    """The segment is changed before the goal is saved and deleted before it is set up."""
    body = {"name": "Regular", "definition": REGULAR}
    segment = ask("POST", "/v1/segments", body).json["id"]
    wanted = ENDS | {"segment_id": segment, "events": ["Charged"]}
    forecast = ask("POST", "/v1/forecasts", wanted, function=forecast_function).json
    ask("PATCH", f"/v1/segments/{segment}", {"definition": {"did": {"event": "Charged"}}})
    saved = ask("POST", "/v1/goals", {"name": "A goal", "forecast_id": forecast["id"]})
    assert saved.status == 202, saved.text
    assert ask("DELETE", f"/v1/segments/{segment}").status == 204
    goal_id = saved.json["id"]
    account.set_up(goal_id)
    return goal_id, forecast


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with nights(tmp_path_factory.mktemp("life"), 2) as account:
        account.load([h for h in HAPPENED if h.day <= AS_OF])
        frozen, forecast = saved_from_a_forecast(account)
        others = {kind: account.goal(body) for kind, body in KINDS.items()}
        made = Lived(account, frozen, others, forecast, {}, {})
        for day in range(AS_OF + 1, LAST + 1):
            events = [h for h in HAPPENED if h.day == day]
            late = [Happened(7, "Charged", AS_OF + 1, {"amount": 90.0})] if day > AS_OF + 1 else []
            for number, landed in enumerate((events[::2], events[1::2] + late)):
                account.load(landed, f"on-{day}-{number}")
                for goal_id in made.goals:
                    made.today.setdefault((goal_id, day), []).append(so_far(goal_id))
            assert account.night(from_day(day))["status"] == "published"
            for goal_id in made.goals:
                days = ask("GET", f"/v1/goals/{goal_id}/progress").json["days"]
                made.night[goal_id, day] = days[-1]
        yield made


def test_the_frozen_group_is_that_of_the_forecast_whatever_became_of_the_segment(
    lived: Lived,
) -> None:
    goal = ask("GET", f"/v1/goals/{lived.frozen}").json
    assert goal["forecast"]["value"] == lived.forecast["value"]
    assert (goal["as_of"], goal["users"]) == (lived.forecast["as_of"], lived.forecast["users"])
    for day in (AS_OF, LAST):
        scored = lived.account.scores(lived.frozen, from_day(day))
        assert set(scored) == {f"user {user}" for user in members()}
    assert goal["definition"] == REGULAR


def test_today_counts_what_has_landed_and_says_so(lived: Lived) -> None:
    for (goal_id, day), (half, whole) in lived.today.items():
        assert half is not None and whole is not None
        assert (half["partial"], half["date"]) == (True, from_day(day).isoformat())
        assert half["landed_until"] == f"{from_day(day)}T12:00:00+00:00"
        assert half["since"] == from_day(day).isoformat()
        assert 0 <= half["new"] <= whole["new"]
        arms = whole["by_arm"].values()
        before = 0 if goal_id == lived.others["rolling"] else whole["did"] - whole["new"]
        assert sum(arm["did"] for arm in arms) == before + whole["new"]
    assert any(half["new"] < whole["new"] for half, whole in lived.today.values())  # type: ignore[index]


def test_when_all_of_a_day_has_landed_today_is_what_its_night_publishes(lived: Lived) -> None:
    """Of any event, of several, of filtered ones; an event that came late among them."""
    for goal_id in (lived.frozen, lived.others["all"], lived.others["filtered"]):
        for day in range(AS_OF + 1, LAST + 1):
            whole, night = lived.today[goal_id, day][-1], lived.night[goal_id, day]
            assert whole is not None and whole["did"] == night["did"] > 0
            assert whole["by_arm"] == night["by_arm"]
            assert whole["predicted"] == night["predicted"]


def test_today_of_a_rolling_goal_is_of_the_window_that_just_began(lived: Lived) -> None:
    for day in range(AS_OF + 1, LAST + 1):
        whole = lived.today[lived.others["rolling"], day][-1]
        visitors = {h.uh for h in HAPPENED if h.day == day and h.event == "Visit"}
        assert whole is not None and whole["did"] == whole["new"] == len(visitors)


def test_asking_for_today_leaves_no_trace(lived: Lived) -> None:
    """The night's counts were made from scratch and agree; nothing was written on the way."""
    runs = [run["id"] for run in ask("GET", "/v1/runs").json["data"]]
    nights_run = [f"night-{from_day(day)}" for day in range(LAST, AS_OF, -1)]
    assert [run for run in runs if run.startswith("night-")] == nights_run
    assert lived.account.stores.head.read().watermark == from_day(LAST)


def test_the_last_night_ends_the_dated_goals_and_frees_their_places(lived: Lived) -> None:
    states = {g: ask("GET", f"/v1/goals/{g}").json for g in lived.goals}
    rolling = lived.others["rolling"]
    assert {g: s["status"] for g, s in states.items()} == {
        g: "active" if g == rolling else "ended" for g in lived.goals
    }
    assert states[lived.frozen]["places"] == {"held": False, "used": 1, "limit": 5}
    assert (states[lived.frozen]["days_left"], states[rolling]["days_left"]) == (0, None)
    assert so_far(lived.frozen) is None


def test_the_final_report_is_that_of_the_single_users(lived: Lived) -> None:
    for goal_id in (lived.frozen, lived.others["all"]):
        found = ask("GET", f"/v1/goals/{goal_id}/report").json
        report = answers.GoalReport.model_validate(found)
        first = lived.account.scores(goal_id, from_day(AS_OF))
        last = lived.account.scores(goal_id, from_day(LAST))
        event = np.array([first[user]["likelihood"] for user in first]) / CERTAIN
        if report.direction == "minimize":
            event = 1 - event
        did = np.array([last[user]["state"] != 0 for user in first])
        exact = evaluate(event, did)
        assert report.final and report.ranking is not None and report.outcome is not None
        assert report.outcome.actual == did.sum() == report.ranking.did
        assert report.ranking.auc == pytest.approx(exact.auc, abs=0.005)
        assert report.ranking.brier == pytest.approx(exact.brier, abs=1e-5)
        assert len(report.ranking.reliability) >= 5
        assert sum(b.predicted_users or 0 for b in report.buckets) == pytest.approx(
            event.sum(), abs=0.1
        )
        goal = ask("GET", f"/v1/goals/{goal_id}").json
        assert report.outcome.predicted == goal["forecast"]["value"]
        assert [day.did for day in report.curve] == [
            lived.night[goal_id, day]["did"] for day in range(AS_OF + 1, LAST + 1)
        ]
        by_arm = lived.night[goal_id, LAST]["by_arm"]
        assert report.arms.test.did == by_arm["test"]["did"]


def test_an_archived_goal_is_scored_no_more_and_read_for_ever(lived: Lived) -> None:
    """The last of the module."""
    rolling = lived.others["rolling"]
    clone = ask("POST", f"/v1/goals/{rolling}/clone", {"name": "Again"}).json
    lived.account.set_up(clone["id"])
    assert ask("POST", f"/v1/goals/{rolling}/archive").json["status"] == "archived"
    before = ask("GET", f"/v1/goals/{rolling}/progress").json
    lived.account.load([h for h in HAPPENED if h.day == LAST + 1], "after")
    assert so_far(rolling) is None
    lived.account.night(from_day(LAST) + timedelta(days=1))
    assert ask("GET", f"/v1/goals/{rolling}/progress").json == before
    again = ask("GET", f"/v1/goals/{clone['id']}").json
    assert (again["status"], again["cloned_from"]) == ("active", rolling)
    assert (again["as_of"], again["last_night"]) == (
        from_day(LAST).isoformat(),
        from_day(LAST + 1).isoformat(),
    )
