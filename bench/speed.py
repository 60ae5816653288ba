"""How fast is a forecast, and a night? Beside the floor below which nothing can go.

The floor of both: read the account's activity once, and have the bare estimators work on a matrix
that is ready. What the product does besides (segments as of past days, features, calibration,
buckets, tallies) is the ratio.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import numpy as np

from intent_segments.events.open_files import open_files
from intent_segments.events.synthetic import write_world
from intent_segments.lake.calendar import to_day
from intent_segments.lake.tables import Tables
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import forecast, running_model
from intent_segments.propensity.history import load_history
from intent_segments.propensity.learners import fit_linear, fit_trees
from intent_segments.propensity.model import with_horizon
from intent_segments.propensity.question import Question
from intent_segments.propensity.score import score
from intent_segments.propensity.train import gather, training_starts
from intent_segments.propensity.traits import load_traits
from intent_segments.segments.definition import parse

DAYS = 365
FIRST_DAY = date(2025, 1, 1)
HORIZON = 30
SEED = 1
REPEATS = 3

Result = TypeVar("Result")


def run(users: int) -> None:
    """Generate, measure, print. Times are medians of three."""
    with TemporaryDirectory() as folder:
        with told(f"generate {users:,} users"):
            written = write_world(Path(folder), users=users, days=DAYS, seed=SEED)
        with told(f"open {written.event_rows:,} events"):
            tables = open_files([written.events], written.profiles)
    as_of = to_day(FIRST_DAY + timedelta(days=DAYS - HORIZON - 1))
    question = Question(
        parse({"did": {"event": "App Launched", "within": {"days": 90}}}),
        ("Ticket Purchased",),
        "any",
        as_of,
        HORIZON,
    )
    forecast_floor, forecast_time = measure_forecast(tables, question)
    night_floor, night_time, members = measure_night(tables, question)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print()
    print(f"{'':<24}{'seconds':>10}{'floor':>10}{'ratio':>8}")
    print(
        f"{'forecast, warm':<24}{forecast_time:>10.2f}{forecast_floor:>10.2f}"
        f"{forecast_time / forecast_floor:>8.2f}"
    )
    print(
        f"{'scores of a night':<24}{night_time:>10.2f}{night_floor:>10.2f}"
        f"{night_time / night_floor:>8.2f}"
    )
    print(
        f"\n{members:,} members, {members / night_time:,.0f} users/s scored; "
        f"peak memory of the whole run {peak:,.0f} MB"
    )


def measure_forecast(tables: Tables, question: Question) -> tuple[float, float]:
    """(floor, product) in seconds."""
    evidence = Evidence.gather(tables, question)
    starts = training_starts(evidence, question.as_of)
    rows = gather(evidence, starts, (0,))

    def floor() -> None:
        load_history(tables, question.as_of)
        fit_linear(rows.columns, rows.did)
        fit_trees(rows.columns, rows.did)

    return median(floor), median(lambda: forecast(Evidence.gather(tables, question)))


def measure_night(tables: Tables, question: Question) -> tuple[float, float, int]:
    """(floor, product, members): a night ten days into the goal."""
    night = question.as_of + 10
    evidence = Evidence.gather(tables, question)
    members = evidence.history.uh[evidence.members(question.as_of)]
    model = running_model(evidence, forecast(evidence).value)
    assert model.linear is not None and model.trees is not None
    rows = evidence.rows(model.plan, evidence.members(question.as_of), question.as_of, HORIZON)
    ready = with_horizon(rows)
    linear, trees = model.linear, model.trees

    def floor() -> None:
        load_history(tables, night)
        linear.logit(ready)
        trees.logit(ready)

    def product() -> None:
        history = load_history(tables, night)
        seen = Evidence.of(tables, question, history, load_traits(tables, history))
        score(
            seen,
            model,
            history.index_of(members),
            started=question.as_of,
            cutoff=night,
            ends=question.last_day,
            direction="maximize",
        )

    return median(floor), median(product), len(members)


def median(work: Callable[[], Any]) -> float:
    """Seconds of the middle one of REPEATS runs."""
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


@contextmanager
def told(what: str) -> Any:
    began = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - began:.1f} s", flush=True)
