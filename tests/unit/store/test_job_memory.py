"""Runs whose jobs would be killed for want of memory: warned of, and refused before they begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from intent_segments.errors import TooLittleMemory
from intent_segments.goals.goal import Status
from intent_segments.lake.calendar import to_day
from intent_segments.lake.manifest import PANEL_USERS, Manifest, Part
from intent_segments.services.job_memory import (
    SCORING,
    TRAINING,
    Load,
    Takes,
    largest_group,
    panel,
    require_memory,
)
from intent_segments.services.planning import RunRequest, plan_run
from intent_segments.services.publishing import record_progress
from intent_segments.store.stores import Stores
from tests.unit.store.stack import CUTS, NOW, WATERMARK, a_goal, empty_stack, load, save, work

NIGHT = RunRequest("night", date=date(2026, 11, 21))
SCHEDULED = RunRequest("night")


def part(table: str, rows: int) -> Part:
    return Part(table, "made", 0, to_day(WATERMARK), rows, rows, (0, 1))


def lake(users: int, rows: int, traits: int = 0, groups: int = 8) -> Manifest:
    slots = [users // 4096] * 4096
    slots[0] += users - sum(slots)
    parts = (part("activity", rows), part("profiles", traits), part("events", 10 * rows))
    return Manifest(1, groups, "UTC", users_per_slot=tuple(slots), parts=parts)


def test_the_largest_group_has_its_part_of_all_rows() -> None:
    found = largest_group(lake(4_096_000, 40_960_000, 8_192_000, groups=3))
    assert found == Load(users=1_366_000, rows=13_660_000, traits=2_732_000)


def test_the_panel_has_so_many_users_of_any_account() -> None:
    assert panel(lake(1_000, 30_000)) == Load(1_000, 30_000, 0)
    of_many = panel(lake(50_000_000, 1_500_000_000))
    assert PANEL_USERS <= of_many.users < 1.1 * PANEL_USERS
    assert of_many.rows == pytest.approx(30 * of_many.users, rel=1e-6)


@pytest.mark.parametrize(
    ("load", "takes", "measured"),
    [
        (Load(125_000, 3_720_000, 250_000), SCORING, 850),
        (Load(125_000, 3_720_000, 250_000), SCORING, 1_014),
        (Load(125_000, 14_460_000, 250_000), SCORING, 1_522),
        (Load(200_000, 5_950_000, 400_000), TRAINING, 1_202),
        (Load(200_000, 19_900_000, 400_000), TRAINING, 1_784),
        (Load(200_012, 23_137_492, 400_024), TRAINING, 2_311),
    ],
)
def test_what_is_reckoned_is_what_was_measured_and_a_reserve(
    load: Load, takes: Takes, measured: int
) -> None:
    """Measured: the most that a process had which did jobs of five goals one after the other, in MB
    (VmHWM, Linux). Training twice alone: little more of it stays from job to job."""
    assert measured <= load.megabytes(takes) <= 1.35 * measured


@pytest.mark.parametrize(
    ("load", "takes", "measured"),
    [
        (Load(31_250, 929_570, 62_500), SCORING, 385),
        (Load(125_000, 3_720_000, 250_000), SCORING, 579),
        (Load(500_000, 14_860_000, 1_000_000), SCORING, 1_480),
        (Load(62_500, 11_780_000, 125_000), SCORING, 1_093),
        (Load(62_500, 1_860_000, 2_500_000), SCORING, 1_122),
        (Load(125_000, 3_720_000, 250_000), TRAINING, 960),
    ],
)
def test_a_process_that_does_one_job_alone_takes_less(
    load: Load, takes: Takes, measured: int
) -> None:
    """A process that did a hundred jobs of 125,000 users had 1.75 times as much as one that did
    one: that is the reserve here."""
    assert measured <= load.megabytes(takes) <= 1.8 * measured


@pytest.mark.parametrize(
    ("users", "rows", "memory", "said"),
    [
        (1_000_000, 30_000_000, 3_008, None),
        (1_000_000, 30_000_000, None, None),
        (5_000_000, 150_000_000, 3_008, "JobMemory=3328"),
        (1_000_000, 150_000_000, 3_008, "JobMemory=3584"),
    ],
)
def test_a_run_that_comes_near_the_memory_of_functions_says_so(
    users: int, rows: int, memory: int | None, said: str | None
) -> None:
    told = require_memory(lake(users, rows), memory)
    assert said is None or any(said in message for message in told)
    assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("users", "rows", "remedy"),
    [
        (1_000_000, 220_000_000, r"The panel has .*JobMemory=\d+"),
        (16_000_000, 500_000_000, r"The largest of 8 groups .* JobMemory=\d+; nothing has to be"),
        (100_000_000, 3_000_000_000, r"a new stack with more groups"),
    ],
)
def test_a_run_that_would_need_more_is_refused_with_the_remedy(
    users: int, rows: int, remedy: str
) -> None:
    with pytest.raises(TooLittleMemory, match=remedy):
        require_memory(lake(users, rows), 3_008)


def test_segments_are_counted_without_the_panel() -> None:
    assert require_memory(lake(1_000_000, 400_000_000, groups=64), 3_008, trains=False) == ()


def test_a_forecast_asks_for_the_panel_alone() -> None:
    large = lake(16_000_000, 500_000_000)
    assert require_memory(large, 3_008, scores=False) == ()
    with pytest.raises(TooLittleMemory, match="The panel"):
        require_memory(lake(1_000_000, 220_000_000), 3_008, scores=False)


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Of functions with 1,769 MB; the lake holds nothing that is worth a word."""
    with empty_stack() as made:
        small = replace(made, settings=replace(made.settings, job_memory=1_769))
        load(small, WATERMARK)
        save(small, a_goal(status=Status.ACTIVE, cuts=CUTS.to_json()))
        yield small


def grow(stores: Stores, rows: int) -> None:
    state = stores.head.read()
    load(stores, date(2026, 11, 20), (part("activity", rows),), users=80_000)
    assert stores.head.read().version == state.version + 1


def test_a_night_that_fits_carries_no_warning(stores: Stores) -> None:
    plan_run(stores, NIGHT, NOW)
    assert stores.runs.get("night-2026-11-21").warnings == []


def test_a_warning_stays_with_the_night_that_is_published(stores: Stores) -> None:
    grow(stores, 13_000_000)
    event = plan_run(stores, NIGHT, NOW)
    work(stores, "night-2026-11-21")
    record_progress(stores, event, NOW)
    run = stores.runs.get("night-2026-11-21")
    assert run.status == "published"
    assert sum("JobMemory" in warning for warning in run.warnings) == 2  # groups and panel


@pytest.mark.parametrize("request_", [NIGHT, SCHEDULED], ids=["by hand", "by the schedule"])
def test_a_night_that_would_be_killed_never_begins_and_says_why(
    stores: Stores, request_: RunRequest
) -> None:
    grow(stores, 40_000_000)
    with pytest.raises(TooLittleMemory, match="JobMemory"):
        plan_run(stores, request_, NOW)
    run = stores.runs.get("night-2026-11-21")
    assert (run.status, run.finished_at) == ("failed", NOW.isoformat())
    assert run.reason is not None and "of 1,769 that the functions have" in run.reason
    bigger = replace(stores, settings=replace(stores.settings, job_memory=4_096))
    assert plan_run(bigger, request_, NOW)["has_work"]


def test_a_night_with_nothing_to_score_closes_its_day_however_large_the_lake(
    stores: Stores,
) -> None:
    grow(stores, 40_000_000)
    [goal] = stores.goals.all()
    stores.goals.step(goal.id, Status.ARCHIVED)
    assert not plan_run(stores, NIGHT, NOW)["has_work"]


def test_other_groups_than_those_of_the_lake_change_nothing_and_are_told(stores: Stores) -> None:
    other = replace(stores, settings=replace(stores.settings, groups=64))
    event = plan_run(other, NIGHT, NOW)
    assert len(stores.objects.get_json(event["shards_key"])) == 2
    [warning] = stores.runs.get("night-2026-11-21").warnings
    assert "Groups is 64" in warning and "deploy with Groups=2" in warning
