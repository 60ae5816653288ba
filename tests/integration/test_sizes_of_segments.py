"""The sizes of saved segments: one point per night, the past on demand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from functions.api import handler as api_function
from functions.query import handler as query_function
from intent_segments.api import answers
from intent_segments.goals.plan import Plan
from intent_segments.services import group_sizes, night_sizes, run_steps, trends
from intent_segments.services.census import Census
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.services.scoring import score_users
from intent_segments.store.stores import Stores
from tests.fixtures.charges import charges
from tests.fixtures.histories import START
from tests.fixtures.nights import nights
from tests.fixtures.shops import event, shop
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW, loaded_stack

FIRST = date(2026, 11, 1)
BUYERS = {"did": {"event": "purchase", "within": {"days": 3}}}
OCTOBER = {"did": {"event": "purchase", "between": {"from": "2026-11-01", "to": "2026-11-02"}}}


def day(number: int) -> str:
    """The ISO date of the 0th, 1st … day of the shop."""
    return (FIRST + timedelta(days=number)).isoformat()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """Twelve closed days of two groups: on day n the users u0 to un buy."""
    events = [event(f"u{n}", "purchase", day(on)) for on in range(12) for n in range(on + 1)]
    with shop(events, [], tmp_path) as made:
        api_function.api.stores = query_function.api.stores = None
        yield made


@pytest.fixture
def bare() -> Iterator[None]:
    """A lake that is known by its manifest alone; its last closed day is 2026-11-20."""
    with loaded_stack():
        api_function.api.stores = query_function.api.stores = None
        yield


def saved(definition: Any, name: str = "A segment") -> str:
    made: str = ask("POST", "/v1/segments", {"name": name, "definition": definition}).json["id"]
    return made


def trend(segment: str, query: str = "") -> Any:
    return ask("GET", f"/v1/segments/{segment}/trend{query}", function=query_function).json


def points(answer: Any) -> dict[str, int]:
    return {point["date"]: point["users"] for point in answer["points"]}


def night(stores: Stores, on: date, folder: Path) -> dict[str, Any]:
    """Plan, count every group, publish; goals, if any, are left out."""
    event = plan_run(stores, RunRequest("night", date=on), NOW)
    if event["has_work"]:
        plan = Plan.from_json(stores.objects.get_json(event["plan_key"]))
        for group in range(plan.groups):
            score_users(stores, {"plan_key": plan.plan_key, "group": group}, folder)
    record_progress(stores, event, NOW)
    return event


def test_the_past_is_counted_on_demand_and_kept(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = saved(BUYERS)
    first = trend(segment, f"?from={day(0)}&to={day(11)}")
    answers.Trend.model_validate(first)
    assert points(first) == {day(n): n + 1 for n in range(12)}
    assert (first["missing"], first["available_from"], first["warnings"]) == ([], None, [])

    def again(*_: Any) -> Any:
        raise AssertionError("counted again")

    monkeypatch.setattr(Census, "tables", again)
    assert trend(segment, f"?from={day(0)}&to={day(11)}") == first
    assert ask("GET", f"/v1/segments/{segment}").json["size"] == first["points"][-1]


def test_dates_of_a_definition_stay_where_they_are(stores: Stores) -> None:
    counted = points(trend(saved(OCTOBER), f"?from={day(0)}&to={day(3)}"))
    assert counted == {day(0): 1, day(1): 2, day(2): 2, day(3): 2}


def test_thirty_days_that_end_with_the_last_closed_one_are_the_default(stores: Stores) -> None:
    answer = trend("all-users")
    assert (answer["from"], answer["to"]) == (day(11 - 29), day(11))
    assert len(answer["points"]) == 30
    assert (answer["points"][0]["users"], answer["points"][-1]["users"]) == (0, 12)


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ("?to=2026-11-21", "to", "the last closed day is 2026-11-20"),
        (f"?from={day(5)}&to={day(4)}", "from", "turn them round"),
        ("?from=2020-01-01", "from", "at most 1,100"),
        ("?from=soon", "from", "ISO date"),
    ],
)
@pytest.mark.usefixtures("bare")
def test_days_that_cannot_be_asked_for_are_refused(query: str, field: str, says: str) -> None:
    [error] = trend("all-users", query)["errors"]
    assert (error["field"], says in error["message"]) == (field, True)


@pytest.mark.usefixtures("bare")
def test_a_segment_that_does_not_exist_has_no_trend() -> None:
    assert trend("seg_x")["status"] == 404


def test_a_changed_definition_starts_a_new_series(stores: Stores) -> None:
    inner = saved(BUYERS)
    outer = saved({"segment": inner})
    for segment in (inner, outer):
        trend(segment)
    ask("PATCH", f"/v1/segments/{inner}", {"name": "Another name"})
    assert ask("GET", f"/v1/segments/{outer}").json["size"]["users"] == 12
    ask("PATCH", f"/v1/segments/{inner}", {"definition": OCTOBER})
    assert ask("GET", f"/v1/segments/{inner}").json["size"] is None
    assert ask("GET", f"/v1/segments/{outer}").json["size"] is None
    assert points(trend(outer))[day(11)] == 2


def test_what_does_not_fit_into_the_time_is_named_and_the_next_request_goes_on(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = saved(BUYERS)
    clock = iter(range(0, 10_000, 7))  # every look at it is seven seconds later
    monkeypatch.setattr(trends, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(trends, "DAYS_AT_ONCE", 5)
    query = f"?from={day(0)}&to={day(11)}"
    answer = trend(segment, query)
    answers.Trend.model_validate(answer)
    assert list(points(answer)) == [day(n) for n in range(7, 12)]
    assert answer["missing"] == [day(n) for n in range(7)]
    assert "ask again" in answer["warnings"][0]
    for _ in range(2):
        answer = trend(segment, query)
    assert points(answer) == {day(n): n + 1 for n in range(12)}


def test_a_segment_too_slow_for_any_day_is_told_what_to_do(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(tables: Any, _: Any) -> Any:
        tables.con.execute("SELECT SUM(a.range * b.range) FROM range(10000000) a, range(10000) b")

    monkeypatch.setattr(trends, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(trends, "sizes_of", slowly)
    assert "fewer days at a time" in trend("all-users")["errors"][0]["message"]


def test_a_night_adds_a_point_for_every_saved_segment(stores: Stores, tmp_path: Path) -> None:
    buyers, twice = saved(BUYERS), saved({"did": {"event": "purchase", "count": {"gte": 12}}})
    closing = date.fromisoformat(day(12))
    planned = plan_run(stores, RunRequest("night", date=closing), NOW)
    assert planned["untrained"] is True
    night(stores, closing, tmp_path)
    assert stores.head.read().watermark == closing
    expected = {"date": day(12), "estimated": False}
    listed = {one["id"]: one["size"] for one in ask("GET", "/v1/segments").json["data"]}
    assert listed == {
        "all-users": {**expected, "users": 12},
        buyers: {**expected, "users": 12},
        twice: {**expected, "users": 1},
    }
    [run] = ask("GET", "/v1/runs").json["data"]
    assert (run["status"], run["warnings"]) == ("published", [])


def test_a_night_counts_what_a_preview_of_its_day_counts(stores: Stores, tmp_path: Path) -> None:
    """So a trend has no step between days that nights counted and days made good."""
    definitions = [BUYERS, OCTOBER, {"users": ["u0", "u3", "nobody"]}, {"not": BUYERS}]
    made = [saved(definition) for definition in definitions]
    night(stores, date.fromisoformat(day(12)), tmp_path)
    for segment in made:
        body = {"segment_id": segment}
        users = ask("POST", "/v1/previews", body, function=query_function).json["users"]
        assert points(trend(segment, f"?from={day(12)}"))[day(12)] == users


def test_a_night_without_saved_segments_and_goals_has_nothing_to_do(
    stores: Stores, tmp_path: Path
) -> None:
    assert night(stores, date.fromisoformat(day(12)), tmp_path)["has_work"] is False


def test_a_day_that_loads_closed_gets_its_point_from_the_next_idle_night(
    stores: Stores, tmp_path: Path
) -> None:
    segment = saved(BUYERS)
    nightly = {"kind": "night"}
    now = NOW.replace(day=13)  # every day that is over is closed
    for again in (False, True):
        event = run_steps.plan(stores, nightly, now)
        assert event["idle"] is again
        if again:
            break
        for group in range(2):
            score_users(stores, {"plan_key": event["plan_key"], "group": group}, tmp_path)
        assert run_steps.finish(stores, event, now)["catch_up"] is False
    assert ask("GET", f"/v1/segments/{segment}").json["size"]["date"] == day(11)
    assert stores.head.read().watermark == date.fromisoformat(day(11))
    [run] = ask("GET", "/v1/runs").json["data"]
    answers.Run.model_validate(run)
    assert (run["id"], run["kind"], run["status"]) == (f"sizes-{day(11)}", "sizes", "published")


def test_an_idle_night_that_fails_is_recorded(stores: Stores) -> None:
    saved(BUYERS)
    event = run_steps.plan(stores, {"kind": "night"}, NOW.replace(day=13))
    failed = {"Error": "States.Timeout"}
    assert run_steps.finish(stores, event | {"failed": failed}, NOW)["status"] == "failed"
    [run] = ask("GET", "/v1/runs").json["data"]
    assert (run["status"], "States.Timeout" in run["reason"]) == ("failed", True)


def test_a_segment_that_fails_is_told_and_the_night_goes_on(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = saved(BUYERS), saved({"did_not": {"event": "purchase"}})

    def sometimes(tables: Any, asked: Any) -> Any:
        if any("did_not" in definition.to_json() for definition, _ in asked):
            raise duckdb.OutOfMemoryException("no room")
        return sizes(tables, asked)

    sizes = group_sizes.sizes
    monkeypatch.setattr(group_sizes, "sizes", sometimes)
    night(stores, date.fromisoformat(day(12)), tmp_path)
    [run] = ask("GET", "/v1/runs").json["data"]
    answers.Run.model_validate(run)
    assert run["status"] == "published"
    assert run["warnings"] == [f"{bad} has no size of {day(12)}: OutOfMemoryException"]
    assert ask("GET", f"/v1/segments/{good}").json["size"]["users"] == 12
    assert ask("GET", f"/v1/segments/{bad}").json["size"] is None


def test_of_more_segments_than_a_night_counts_the_first_one_left_out_is_named(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_sizes, "MOST_SEGMENTS", 2)  # all-users is one of them
    made = [saved(BUYERS, str(n)) for n in range(3)]
    night(stores, date.fromisoformat(day(12)), tmp_path)
    [run] = ask("GET", "/v1/runs").json["data"]
    [warning] = run["warnings"]
    assert warning.startswith(sorted(made)[1])
    assert "this one and of all that were saved later" in warning


def test_scores_of_a_goal_are_counted_from_their_first_night_on(tmp_path: Path) -> None:
    """With a goal at work the night scores and counts on the same tables, its own buckets too."""
    happened = charges(users=500, days=123)
    as_of = date(1970, 1, 1) + timedelta(days=START + 119)
    with nights(tmp_path) as account:
        account.load([h for h in happened if h.day <= START + 119])
        body = {
            "segment_id": "all-users",
            "events": ["Charged"],
            "ends_on": (as_of + timedelta(days=7)).isoformat(),
        }
        goal = account.goal(body)
        segment = saved({"bucket": {"goal": goal, "in": ["most_likely"]}})
        on_goal = ask("GET", "/v1/segments/all-users").json["goals"]
        assert on_goal == [goal]
        for number in (1, 2, 3):
            later = [h for h in happened if h.day == START + 119 + number]
            account.load(later, f"day {number}")
            account.night(as_of + timedelta(days=number))
        days = [as_of + timedelta(days=number) for number in range(4)]
        true = {
            on.isoformat(): sum(row["bucket"] == 2 for row in account.scores(goal, on).values())
            for on in days
        }
        kept = account.stores.table.get("SIZES#2025-02", segment)
        assert kept is not None
        assert {on: size["users"] for on, size in kept["days"].items()} == {
            on: true[on] for on in [one.isoformat() for one in days[1:]]
        }
        answer = trend(segment)
        assert points(answer) == true
        assert answer["available_from"] == as_of.isoformat()
        assert "begin on" in answer["warnings"][0]
