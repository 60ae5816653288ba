"""What nobody can want any more is removed after a night, and nothing else is, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from intent_segments.campaigns.engagement import Audience, Engagement, Schedule
from intent_segments.goals import retention
from intent_segments.goals.goal import Goal, ScoreFiles, Status
from intent_segments.lake import removal
from intent_segments.services import sweeping_nights
from intent_segments.services.sweeping_nights import sweep_nights
from intent_segments.store.exports import Export
from intent_segments.store.runs import Run, night_id
from intent_segments.store.stores import Stores
from intent_segments.store.table import Action
from tests.faults.counted import COUNTED
from tests.faults.wire import Fault, Killed, Unavailable, Wire
from tests.unit.store.stack import a_goal, empty_stack, terms

FIRST = date(2026, 11, 1)
SHOWN, REPEATED, KEPT = 5, 3, 8
"""Fewer nights than there are, so that a life is short."""


@dataclass
class Life:
    """An account whose nights leave a file of scores and one of changes for every goal."""

    stores: Stores
    now: datetime = datetime(2026, 11, 1, 3, tzinfo=UTC)
    goals: dict[str, Goal] = field(default_factory=dict)

    def goal(self, name: str, as_of: date, rolling_days: int | None = None) -> None:
        asked = replace(terms(as_of=as_of), rolling_days=rolling_days)
        if rolling_days:
            asked = replace(asked, ends_on=None)
        day0 = ScoreFiles(as_of, 1, 1)
        made = a_goal(name, terms=asked, status=Status.ACTIVE, day0_scores=day0, scores=day0)
        self.keep(made)
        self.write(name, as_of, 1)

    def keep(self, goal: Goal) -> None:
        self.goals[goal.id] = goal
        self.stores.table.apply(Action("GOAL", goal.id, put=goal.to_json()))

    def write(self, goal_id: str, night: date, attempt: int) -> None:
        for name in ("g=0000.parquet", "changes/g=0000.parquet"):
            self.stores.objects.put(f"scores/{goal_id}/{night}/{attempt}/{name}", b"users")

    def night(self, day: date, attempt: int = 1) -> dict[str, Any]:
        """Score the active goals, publish, sweep; what the sweep says."""
        self.now = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
        active = [goal for goal in self.goals.values() if goal.status == Status.ACTIVE]
        for goal in active:
            self.write(goal.id, day, attempt)
            self.keep(replace(goal, scores=ScoreFiles(day, attempt, 1)))
        self.stores.objects.put(f"runs/{night_id(day)}/abc/plan.json", b"{}")
        published = {goal.id: {} for goal in active}
        run = Run(night_id(day), "night", str(day), "published", attempt=attempt, goals=published)
        self.stores.runs.put_unless_published(run)
        head = {"version": 1, "manifest_key": "m", "watermark": day}
        self.stores.table.apply(Action("LAKE", "HEAD", put=head))
        return self.sweep(day)

    def export(self, export_id: str, kept_until: date) -> None:
        """An export, and the folder of its run."""
        self.stores.objects.put(f"runs/export-{export_id}/plan.json", b"{}")
        at = datetime.combine(kept_until, datetime.min.time(), UTC)
        made = Export(export_id, "csv", (), str(FIRST), "m", 1, {}, str(at), at.isoformat())
        self.stores.exports.create(made, self.now, None)

    def sweep(self, day: date) -> dict[str, Any]:
        return sweep_nights(self.stores, {"run_id": night_id(day), "status": "published"}, self.now)

    def there(self, prefix: str = "scores/") -> set[str]:
        return set(self.stores.objects.keys(prefix))

    def nights(self, goal_id: str) -> list[int]:
        """Days since FIRST of the nights whose scores are there; changes always go with them."""
        keys = self.there(f"scores/{goal_id}/")
        scores = {key.split("/")[2] for key in keys if "changes" not in key}
        assert scores == {key.split("/")[2] for key in keys if "changes" in key}
        return sorted((date.fromisoformat(day) - FIRST).days for day in scores)


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    monkeypatch.setattr(retention, "SHOWN_DAYS", SHOWN)
    monkeypatch.setattr(retention, "KEPT_DAYS", KEPT)
    monkeypatch.setattr(retention, "REPEATED_DAYS", REPEATED)
    monkeypatch.setattr(sweeping_nights, "KEPT_DAYS", KEPT)
    monkeypatch.setattr(sweeping_nights, "REPEATED_DAYS", REPEATED)
    # moto loses its way when several threads delete.
    monkeypatch.setattr(removal, "PARALLEL", 1)
    with empty_stack() as stores:
        made = Life(stores)
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: made.now.replace(tzinfo=None))
        yield made


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def test_a_life_of_goals_keeps_what_is_needed_night_by_night(life: Life) -> None:
    life.goal("goal_dated", FIRST)
    life.goal("goal_rolling", FIRST, rolling_days=9)
    life.goal("goal_archived", FIRST)
    life.goal("goal_young", FIRST)
    for number in range(1, 22):
        if number == 4:
            life.keep(replace(life.goals["goal_archived"], status=Status.ARCHIVED))
        told = life.night(day(number))
        assert told["sweep_problem"] is None
        recent = list(range(max(number - KEPT + 1, 1), number + 1))
        assert life.nights("goal_dated") == [0, *recent]
        assert life.nights("goal_rolling") == [0, *range(max(number - 11, 1), number + 1)]
        gone = [night for night in (1, 2) if night > number - KEPT]
        expected = [0, *gone, 3] if number > 3 else [0, *recent]
        assert life.nights("goal_archived") == expected
        assert {key.split("/")[1] for key in life.there("runs/")} == {
            night_id(day(night)) for night in range(max(number - KEPT + 1, 1), number + 1)
        }


def test_sundays_find_what_was_left_over(life: Life) -> None:
    life.goal("goal_a", FIRST)
    with patch.object(sweeping_nights, "_folders", lambda *_: iter(())):
        for number in range(1, 13):
            life.night(day(number))
    life.night(day(13))
    assert life.nights("goal_a")[:3] == [0, 1, 2]
    assert day(14).strftime("%A") == "Sunday"
    told = life.night(day(14))
    assert life.nights("goal_a") == [0, *range(7, 15)]
    # Two files of each of the nights 1 to 4 and 6, and one of their runs; the 5th went in time.
    assert told == {"files_removed": 15, "sweep_problem": None}


def test_scores_of_executions_that_were_not_published_go_when_none_can_be_writing_them(
    life: Life,
) -> None:
    life.goal("goal_a", FIRST)
    for number in range(1, 5):
        life.night(day(number), attempt=2)
    for attempt in (1, 3):
        life.write("goal_a", day(4), attempt)
    life.now += timedelta(days=2)
    life.write("goal_a", day(3), attempt=3)  # by a repeat that came late
    removed = [life.night(day(number), attempt=2)["files_removed"] for number in range(5, 9)]
    assert removed == [0, 0, 0, 4]
    left = {key.split("/")[3] for key in life.there(f"scores/goal_a/{day(4)}/")}
    assert left == {"2"}
    assert f"scores/goal_a/{day(3)}/3/g=0000.parquet" in life.there()


def test_folders_of_other_runs_go_when_they_are_over(life: Life) -> None:
    life.goal("goal_a", FIRST)
    life.keep(replace(life.goals["goal_a"], created_at=life.now.isoformat()))
    waiting = a_goal("goal_b", terms=terms(as_of=FIRST), created_at=life.now.isoformat())
    life.keep(waiting)
    runs = ("setup-goal_a", "setup-goal_b", "export-exp_1", "send-eng_1", "sizes-2026-11-07")
    for run in (*runs, "sizes-2026-11-08"):
        life.stores.objects.put(f"runs/{run}/plan.json", b"{}")
    life.export("exp_2", kept_until=day(17))

    def left() -> set[str]:
        return {key.split("/")[1] for key in life.there("runs/") if "night" not in key}

    assert life.night(day(7))["files_removed"] == 1  # a Sunday, too early for all but the export
    assert left() == {*runs, "sizes-2026-11-08", "export-exp_2"} - {"export-exp_1"}
    life.night(day(14))
    young = {"setup-goal_b", "send-eng_1", "sizes-2026-11-08", "export-exp_2"}
    assert left() == young
    life.night(day(21))
    assert left() == {"setup-goal_b", "send-eng_1"}


def test_members_of_streams_go_but_those_that_the_next_send_compares_with(life: Life) -> None:
    life.goal("goal_a", FIRST)
    nightly = Schedule("nightly")
    for name, status in (("eng_1", "active"), ("eng_2", "stopped")):
        made = Engagement(name, "x", Audience(stream=("left",)), "dst_1", nightly, str(life.now))
        sends = [str(day(number)) for number in (0, 1, 2)]
        made = replace(made, status=status, sends=sends)
        life.stores.table.apply(Action("ENGAGEMENT", name, put=made.to_json()))
        if status == "active":
            life.stores.table.apply(Action("ENGAGEMENT_AT_WORK", name, put={"nightly": True}))
        for send in sends:
            life.stores.objects.put(f"memberships/{name}/{send}/g=0000.parquet", b"users")
    life.night(day(7))  # a Sunday, too early
    assert len(life.there("memberships/")) == 6
    life.night(day(14))
    last = {f"memberships/eng_1/{day(number)}/g=0000.parquet" for number in (1, 2)}
    assert life.there("memberships/") == last


def test_a_goal_that_is_set_up_now_and_a_day_that_is_open_are_left_alone(life: Life) -> None:
    life.goal("goal_a", FIRST)
    waiting = a_goal("goal_b", terms=terms(as_of=FIRST))
    life.keep(waiting)
    life.write("goal_b", FIRST, 1)
    life.now += timedelta(days=-30)
    life.write("goal_a", day(15), attempt=9)
    life.keep(replace(life.goals["goal_b"], status=Status.PREPARING))
    for number in range(1, 15):
        life.night(day(number))
    assert life.nights("goal_b") == [0]
    assert f"scores/goal_a/{day(15)}/9/g=0000.parquet" in life.there()


def test_so_much_is_removed_after_one_night_and_the_rest_by_later_ones(life: Life) -> None:
    life.goal("goal_a", FIRST)
    with patch.object(sweeping_nights, "_folders", lambda *_: iter(())):
        for number in range(1, 40):
            life.night(day(number))
    with (
        patch.object(sweeping_nights, "MOST_REMOVED", 10),
        patch.object(sweeping_nights, "SUNDAY", day(39).weekday()),
    ):
        first = life.sweep(day(39))["files_removed"]
        assert 10 <= first < 10 + 2 * 8
        while life.sweep(day(39))["files_removed"]:
            pass
    assert life.nights("goal_a") == [0, *range(32, 40)]


def test_other_runs_and_nights_that_are_not_published_sweep_nothing(life: Life) -> None:
    for run_id, status in (("setup-goal_1", "published"), ("night-2026-11-01", "failed")):
        assert sweep_nights(life.stores, {"run_id": run_id, "status": status}, life.now) == {}
    assert sweep_nights(life.stores, {"run_id": None, "status": "failed"}, life.now) == {}


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.KILLED, Fault.SLOW])
def test_no_fault_in_a_sweep_takes_what_is_needed_or_keeps_the_rest_from_going(
    life: Life, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers that get lost and throttling lead to, botocore's tries make good."""
    for module in (retention, sweeping_nights):
        monkeypatch.setattr(module, "KEPT_DAYS", 2)
    monkeypatch.setattr(sweeping_nights, "SUNDAY", day(5).weekday())
    life.goal("goal_a", FIRST)
    with patch.object(sweeping_nights, "_folders", lambda *_: iter(())):
        for number in range(1, 6):
            life.night(day(number))
    before = life.there("")
    wire = Wire()
    with wire.tapped():
        life.sweep(day(5))
    needed = life.there("")
    assert needed < before
    lost = {}
    for point in wire.calls:
        for key in before - life.there(""):
            life.stores.objects.put(key, b"users")
        struck = Wire(point.__eq__, fault, meanwhile=lambda: life.sweep(day(5)))
        with struck.tapped(), suppress(Killed, Unavailable):
            life.sweep(day(5))
        assert struck.struck, point
        missing = needed - life.there("")
        life.sweep(day(5))
        if missing or life.there("") != needed:
            lost[point] = missing
    COUNTED.tell("sweep of nights", len(wire.calls), len(lost))
    assert lost == {}


@pytest.mark.parametrize("guard", ["_stays_for_ever", "kept_days"])
def test_without_the_marks_the_life_of_goals_loses_something(life: Life, guard: str) -> None:
    answer = False if guard == "_stays_for_ever" else KEPT
    for module in (retention, sweeping_nights):
        if hasattr(module, guard):
            patcher = patch.object(module, guard, lambda *_: answer)
            patcher.start()
    try:
        with pytest.raises(AssertionError):
            test_a_life_of_goals_keeps_what_is_needed_night_by_night(life)
    finally:
        patch.stopall()
