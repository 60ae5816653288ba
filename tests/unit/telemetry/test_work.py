"""What jobs took adds up, whatever their order, and has a price."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from intent_segments.telemetry import prices
from intent_segments.telemetry.work import Counts, Meter, StepWork, added_up, step_work

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def job(step: str = "ScoreUsers", at: int = 0, seconds: float = 2, **counts: int) -> StepWork:
    began = BEGAN + timedelta(seconds=at)
    made = step_work(step, began, began + timedelta(seconds=seconds), 1024, Counts(**counts))
    return replace(made, architecture="x86_64", peak_mb=100 + at)


def test_a_job_is_timed_from_its_two_instants() -> None:
    made = step_work("Plan", BEGAN, BEGAN + timedelta(milliseconds=1500), 512, Counts(rows=3))
    assert (made.milliseconds, made.longest, made.jobs) == (1500, 1500, 1)
    assert made.peak_mb > 10  # this very process
    assert made.architecture in prices.GB_SECOND


def test_a_record_survives_json() -> None:
    made = job(users=4, rows=10, s3_reads=2)
    assert made.to_json()["rows"] == 10
    assert StepWork.from_json(made.to_json()) == made


def test_jobs_of_a_step_add_up_in_any_order() -> None:
    jobs = [job(at=5, seconds=4, users=1), job(at=1, users=2, bytes_read=9), job("Plan", at=0)]
    for order in permutations(jobs):
        plan, score = added_up(order)
        assert (plan.step, score.step, score.jobs) == ("Plan", "ScoreUsers", 2)
        assert (score.milliseconds, score.longest, score.peak_mb) == (6000, 4000, 105)
        assert (score.started_at, score.finished_at) == (jobs[1].started_at, jobs[0].finished_at)
        assert score.counts == Counts(users=3, bytes_read=9)


def test_a_meter_loses_nothing_between_threads_and_begins_anew() -> None:
    meter = Meter()
    threads = [
        threading.Thread(target=lambda: [meter.add(rows=1) for _ in range(500)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (meter.taken().rows, meter.taken().rows) == (2000, 0)


def test_what_a_meter_cannot_count_is_refused() -> None:
    with pytest.raises(TypeError):
        Meter().add(miles=1)


def test_a_run_costs_what_its_parts_cost() -> None:
    """By hand: two jobs of 1,000 s with 1 GB on x86_64, a million reads, ten groups."""
    steps = [
        replace(job(seconds=1000), jobs=1),
        replace(job("Train", seconds=1000), counts=Counts(s3_reads=1_000_000)),
    ]
    by_hand = 2 * 1000 * 0.0000166667 + 2 * 0.0000002 + 0.40 + (8 + 2 * 10) * 0.000025
    assert prices.dollars(steps, groups=10) == pytest.approx(by_hand, abs=1e-6)


def test_units_of_the_table_and_writes_to_s3_are_priced_too() -> None:
    nothing = prices.dollars([job(seconds=0)], 0)
    for name, price in (("s3_writes", 5.0), ("table_reads", 0.125), ("table_writes", 0.625)):
        million = prices.dollars([job(seconds=0, **{name: 1_000_000})], 0)
        assert million - nothing == pytest.approx(price)


def test_the_peak_of_a_process_is_its_own_and_not_that_of_the_one_that_started_it() -> None:
    """The parent has 300 MB more while it starts a child that does nothing."""
    told = "from intent_segments.telemetry.work import peak_mb\nprint(peak_mb(), end='')"
    parent = (
        "import subprocess, sys\n"
        "held = bytearray(300 << 20)\n"
        f"print(subprocess.check_output([sys.executable, '-c', {told!r}], text=True), end=' ')\n"
        f"{told}"
    )
    found = subprocess.check_output([sys.executable, "-c", parent], text=True)
    child, whole = map(int, found.split())
    assert whole > 300 > 200 > child > 5
