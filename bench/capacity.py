"""The capacity guide: docs/capacity.md, reckoned from the nights that were measured.

Memory is what the product itself reckons before a run (services/job_memory.py), dollars are those
of its own estimate (telemetry/prices.py). Seconds are a fit through the measured nights: of scoring
by rows of activity and by members of goals, of training by the rows of the panel. The page can be
made anew at any time, which is how a test knows that nobody wrote into it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from intent_segments.lake.layout import SLOTS
from intent_segments.lake.manifest import Manifest, Part
from intent_segments.services.job_memory import (
    SCORING,
    STEP,
    TIGHT,
    TRAINING,
    largest_group,
    panel,
)
from intent_segments.telemetry.prices import AS_OF, REGION, dollars
from intent_segments.telemetry.work import Counts, StepWork

from .capacity_page import TEMPLATE
from .night_report import Measured, kept
from .page import table

PAGE = "capacity.md"
USERS = (100_000, 1_000_000, 4_000_000, 10_000_000, 50_000_000)
ROWS = (30, 120)
"""Of activity per user, in all the days that are kept: somebody who comes now and then, and
somebody who comes every third day of a year."""
GOALS = 5
USERS_PER_GROUP = 125_000
FEWEST, MOST = 8, 1_024
"""Groups: the parameter's default, and the most that it takes."""
MEMORY = 3_008
"""MB of a job by default (the parameter JobMemory)."""
LIGHT = {"Plan": 512, "Publish": 1_769}
"""MB of the other steps (template.yaml)."""
AT_ONCE = (8, 64)
"""Groups scored at the same time: the parameter's default, and more."""
NIGHTS = 30
"""Of a month."""


@dataclass(frozen=True)
class Pace:
    """Seconds of scoring per row of activity, and per member and goal; of training a night at
    all, and per row of the panel; of the first and the last step. Requests of a job of scoring."""

    row: float
    member: float
    training: float
    panel_row: float
    ends: float
    per_job: Counts
    fixed: Counts

    @classmethod
    def of(cls, nights: Sequence[Measured]) -> Pace:
        """The pace that fits the nights best, each weighing the same."""
        scored = [float(night.step("ScoreUsers")["seconds"]) for night in nights]
        sizes = np.array([[night.rows, night.members] for night in nights], float)
        (row, member), _ = nnls(sizes / np.array(scored)[:, None], np.ones(len(nights)))
        trained = [float(night.step("Train")["seconds"]) for night in nights]
        rows = [[1.0, panel(lake(night.users, night.rows, night.groups)).rows] for night in nights]
        (training, panel_row), _ = nnls(
            np.array(rows) / np.array(trained)[:, None], np.ones(len(nights))
        )
        ends = max(
            float(night.step("Plan")["seconds"]) + float(night.step("Publish")["seconds"])
            for night in nights
        )
        small, large = sorted(nights, key=lambda night: night.groups)[-2:]
        return cls(
            float(row),
            float(member),
            float(training),
            float(panel_row),
            ends,
            *_requests(small, large),
        )

    def scoring(self, rows: float, members: float) -> float:
        """Seconds of all jobs together."""
        return self.row * rows + self.member * members


@dataclass(frozen=True)
class Need:
    """What an account of so many `users` with so many `rows` of activity each should be given, and
    what its nights take then. `scoring` and `training` are MB of a job."""

    users: int
    rows: int
    groups: int
    scoring: int
    training: int
    job_memory: int
    longest: float
    minutes: tuple[float, ...]
    night: float


def lake(users: int, rows: int, groups: int) -> Manifest:
    """A manifest that says no more than how much there is: so many `rows` of activity in all."""
    slots = tuple(users * (n + 1) // SLOTS - users * n // SLOTS for n in range(SLOTS))
    everywhere = tuple(range(groups))
    parts = tuple(
        Part(name, "reckoned", 0, 0, count, 0, everywhere)
        for name, count in (("activity", rows), ("profiles", 2 * users))
    )
    return Manifest(1, groups, "UTC", users_per_slot=slots, parts=parts)


def need(users: int, rows: int, pace: Pace) -> Need:
    """What such an account needs: as few groups as have 125,000 users and room to spare."""
    groups = FEWEST
    while True:
        made = lake(users, users * rows, groups)
        scoring = largest_group(made).megabytes(SCORING)
        roomy = scoring <= TIGHT * MEMORY and users <= groups * USERS_PER_GROUP
        if roomy or groups == MOST:
            break
        groups *= 2
    seen = panel(made)
    training = seen.megabytes(TRAINING)
    job_memory = max(MEMORY, STEP * ceil(max(scoring, training) / TIGHT / STEP))
    seconds = pace.scoring(users * rows, users * GOALS)
    trained = pace.training + pace.panel_row * seen.rows
    longest = seconds / groups
    work = {
        step: _work(step, spent, job_memory, pace, groups)
        for step, spent in (
            ("Plan", pace.ends / 2),
            ("Train", trained),
            ("ScoreUsers", seconds),
            ("Publish", pace.ends / 2),
        )
    }
    return Need(
        users,
        rows,
        groups,
        scoring,
        training,
        job_memory,
        max(longest, trained),
        tuple((pace.ends + trained + ceil(groups / at_once) * longest) / 60 for at_once in AT_ONCE),
        dollars(list(work.values()), groups),
    )


def text(nights: Sequence[Measured]) -> str:
    """The whole page."""
    pace = Pace.of(nights)
    needs = [need(users, rows, pace) for users in USERS for rows in ROWS]
    head = (
        "users",
        "rows each",
        "Groups",
        "JobMemory",
        "scoring MB",
        "training MB",
        "longest job, s",
        *(f"minutes, {n} at once" for n in AT_ONCE),
        "$ a night",
        "$ a month",
    )
    rows = [
        (
            f"{one.users:,}",
            f"{one.rows}",
            f"{one.groups:,}",
            f"{one.job_memory:,}",
            f"{one.scoring:,}",
            f"{one.training:,}",
            f"{one.longest:,.0f}",
            *(f"{minutes:,.1f}" for minutes in one.minutes),
            f"{one.night:,.3f}",
            f"{NIGHTS * one.night:,.2f}",
        )
        for one in needs
    ]
    fits = [
        (
            f"{night.users:,}",
            f"{night.rows:,}",
            f"{night.members:,}",
            f"{night.step('ScoreUsers')['seconds']:,.0f}",
            f"{pace.scoring(night.rows, night.members):,.0f}",
        )
        for night in nights
    ]
    return TEMPLATE.format(
        region=REGION,
        prices=AS_OF,
        goals=GOALS,
        table=table(head, rows),
        fits=table(
            ("users", "rows", "members scored", "seconds measured", "seconds reckoned"), fits
        ),
        row=1e6 * pace.row,
        member=1e6 * pace.member,
        training=pace.training,
        panel_row=1e6 * pace.panel_row,
        scoring=SCORING,
        trains=TRAINING,
        reserve=round(100 * TIGHT),
    )


def run(write: Path | None) -> None:
    """Print the page; write it beside the other pages of which `write` is one."""
    page = text(kept())
    print(page)
    if write is not None:
        write.with_name(PAGE).write_text(page, "utf-8")


def _work(step: str, seconds: float, memory: int, pace: Pace, groups: int) -> StepWork:
    jobs = groups if step == "ScoreUsers" else 1
    heavy = step in ("Train", "ScoreUsers")
    counts = _times(pace.per_job, groups) if step == "ScoreUsers" else Counts()
    return StepWork(
        step=step,
        started_at="",
        finished_at="",
        milliseconds=round(1000 * seconds),
        longest=0,
        memory_mb=memory if heavy else LIGHT[step],
        peak_mb=0,
        architecture="x86_64" if heavy else "arm64",
        counts=counts + (pace.fixed if step == "Publish" else Counts()),
        jobs=jobs,
    )


def _requests(small: Measured, large: Measured) -> tuple[Counts, Counts]:
    """Requests of one more group, and of a night whatever the groups are."""
    more = large.groups - small.groups
    names = tuple(small.requests)
    slope = {name: (large.requests[name] - small.requests[name]) / more for name in names}
    base = {name: small.requests[name] - slope[name] * small.groups for name in names}
    return (
        Counts(**{name: max(0, ceil(slope[name])) for name in names}),
        Counts(**{name: max(0, ceil(base[name])) for name in names}),
    )


def _times(counts: Counts, groups: int) -> Counts:
    return Counts(
        s3_reads=counts.s3_reads * groups,
        s3_writes=counts.s3_writes * groups,
        table_reads=counts.table_reads * groups,
        table_writes=counts.table_writes * groups,
    )
