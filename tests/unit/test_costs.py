"""docs/costs.md says what the figures that were measured come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cost_figures import Figures, kept
from bench.cost_page import page
from bench.costs import (
    REWRITES,
    USERS,
    alarmed_metrics,
    forecast,
    groups_of,
    loaded,
    month,
    night,
    request,
    taken,
)
from intent_local.stack.project import CHECKOUT
from intent_segments.telemetry.prices import GB_SECOND

STEP = {"s3_reads": 0, "s3_writes": 0, "table_reads": 0, "table_writes": 0, "milliseconds": 0}
NOTHING = Figures(
    day="2026-01-01",
    users=1,
    events=119,  # with the day's one as many a user as docs/costs.md reckons with
    history_seconds=0,
    day_events=1,
    day_seconds=0,
    lake_bytes=0,
    forecast_seconds=0,
    members=1,
    score_bytes=0,
    scoring_seconds=0,
    read_ms=0,
    call_ms=0,
    batch_ms=0,
    night=dict.fromkeys(("Plan", "Train", "ScoreUsers", "Publish"), STEP),
)


def test_the_page_is_what_the_figures_come_to():
    assert page(kept()) == (CHECKOUT / "docs/costs.md").read_text("utf-8")


def test_the_figures_are_of_work_that_was_done():
    figures = kept()
    assert figures.users >= 200_000  # the panel, which no account's exceeds
    assert min(figures.history_seconds, figures.forecast_seconds, figures.scoring_seconds) > 0
    assert figures.night["ScoreUsers"]["s3_reads"] > 0


def test_a_night_that_takes_nothing_costs_what_step_functions_and_calls_cost():
    # 8 transitions and 2 for each of 8 groups; three steps and 8 jobs.
    assert night(100_000, NOTHING) == pytest.approx(24 * 0.025 / 1_000 + 11 * 0.2e-6, abs=1e-6)


def test_scoring_is_paid_by_the_member_and_goal():
    slow = replace(NOTHING, scoring_seconds=1e-3)
    more = night(2_000_000, slow) - night(1_000_000, slow)
    a_member = 5 * 1e-3 * 3_008 / 1_024 * GB_SECOND["x86_64"]
    by_groups = night(2_000_000, NOTHING) - night(1_000_000, NOTHING)
    assert more - by_groups == pytest.approx(1_000_000 * a_member, rel=1e-4)


def test_a_forecast_costs_the_same_in_any_account():
    assert forecast(replace(NOTHING, forecast_seconds=4)) == pytest.approx(
        1.2e-6 + 4 * 3_008 / 1_024 * GB_SECOND["x86_64"]
    )


def test_users_who_do_more_than_those_measured_take_longer():
    once = replace(NOTHING, forecast_seconds=4, scoring_seconds=1)
    idle = replace(once, events=59)  # half as many events as the page reckons with
    assert forecast(idle) - 1.2e-6 == pytest.approx(2 * (forecast(once) - 1.2e-6))
    assert night(1_000, idle) > night(1_000, once)


def test_loads_are_paid_by_the_event_and_by_the_user_who_is_there_already():
    per_second = 3_008 / 1_024 * GB_SECOND["arm64"]
    events = replace(NOTHING, events=1_000, history_seconds=1, day_events=100, day_seconds=0.1)
    assert loaded(5, 10_000, 0, events) == pytest.approx(REWRITES * 10 * per_second)
    users = replace(events, users=1_000, day_seconds=1.1)
    assert loaded(2_000, 0, 30, users) == pytest.approx(30 * (2 * per_second + 0.2e-6))


def test_a_request_is_paid_by_the_gateway_the_call_and_its_time():
    assert request(80) == pytest.approx(1.2e-6 + 0.1 * 0.5 * GB_SECOND["arm64"])
    assert taken(10_000_000, NOTHING) > 10_000_000 / 10 * 1.2e-6


@pytest.mark.parametrize(("users", "groups"), [(1, 8), (1_000_000, 8), (1_000_001, 9), (10**7, 80)])
def test_groups_are_as_many_as_the_template_advises(users, groups):
    assert groups_of(users) == groups


def test_larger_accounts_cost_more_and_less_for_each_user():
    small, middle, large = (month(users, kept()) for users in USERS)
    for smaller, larger in ((small, middle), (middle, large)):
        assert smaller.with_files < larger.with_files < 10 * smaller.with_files
        assert smaller.with_files < smaller.with_calls


def test_operations_tell_of_as_many_alarms_as_there_are():
    told = f"on {alarmed_metrics()} metrics ${alarmed_metrics() / 10:.2f}"
    assert told in (CHECKOUT / "docs/operations.md").read_text("utf-8")
