"""What a step of a run took: time, memory, users, rows, bytes and requests. Plain integers."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

STEPS = ("Plan", "Train", "ScoreUsers", "Deliver", "EraseUsers", "Publish")
"""Of a run, as infra/run.asl.yaml names them. A run that is started again plans after it scored, so
times give no order."""


_STATUS = Path("/proc/self/status")
"""Of Linux, in kB (proc_pid_status(5))."""


@dataclass(frozen=True)
class Counts:
    """`users` are members scored or users exported, one in two goals counts twice; `rows` are rows
    of activity read (a user, event and day). `s3_reads` are GET and HEAD requests, `s3_writes` PUT,
    POST and LIST, as S3 prices them; `table_reads` and `table_writes` are request units of
    DynamoDB, reckoned from the sizes of requests and answers. `bytes_…` are those of S3."""

    users: int = 0
    rows: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    s3_reads: int = 0
    s3_writes: int = 0
    table_reads: int = 0
    table_writes: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = [entry.name for entry in fields(Counts)]
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


class Meter:
    """Counts what is done until it is read; several threads may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def add(self, **more: int) -> None:
        """Count more of what `Counts` names."""
        with self._lock:
            self._counts += Counts(**more)

    def taken(self) -> Counts:
        """What was counted since the last time; counting begins anew."""
        with self._lock:
            counted, self._counts = self._counts, Counts()
        return counted


@dataclass(frozen=True)
class StepWork:
    """One job of a step, or all jobs of it added up (`jobs` > 1).

    Times are UTC instants as ISO text. `milliseconds` are the sum of all jobs, `longest` those of
    the longest one. `memory_mb` is what the function has, `peak_mb` the most that its process has
    ever used, earlier jobs of the same process included; `architecture` is arm64 or x86_64.
    """

    step: str
    started_at: str
    finished_at: str
    milliseconds: int
    longest: int
    memory_mb: int
    peak_mb: int
    architecture: str
    counts: Counts
    jobs: int = 1

    def to_json(self) -> dict[str, Any]:
        """Flat: the counts beside the rest."""
        flat = asdict(self)
        counts = flat.pop("counts")
        return flat | counts

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> StepWork:
        names = {entry.name for entry in fields(Counts)}
        own = {name: value for name, value in document.items() if name not in names}
        return cls(**own, counts=Counts(**{name: document[name] for name in names}))


def step_work(
    step: str, began: datetime, ended: datetime, memory_mb: int, counts: Counts
) -> StepWork:
    """The record of a job that this process has just done."""
    took = round((ended - began).total_seconds() * 1000)
    return StepWork(
        step=step,
        started_at=began.isoformat(),
        finished_at=ended.isoformat(),
        milliseconds=took,
        longest=took,
        memory_mb=memory_mb,
        peak_mb=peak_mb(),
        architecture="x86_64" if os.uname().machine == "x86_64" else "arm64",
        counts=counts,
    )


def added_up(jobs: Iterable[StepWork]) -> list[StepWork]:
    """One record per step, in the order of STEPS."""
    steps: dict[str, StepWork] = {}
    for job in jobs:
        known = steps.get(job.step)
        steps[job.step] = job if known is None else _both(known, job)
    return [steps[name] for name in STEPS if name in steps]


def _both(one: StepWork, other: StepWork) -> StepWork:
    return replace(
        one,
        started_at=min(one.started_at, other.started_at),
        finished_at=max(one.finished_at, other.finished_at),
        milliseconds=one.milliseconds + other.milliseconds,
        longest=max(one.longest, other.longest),
        peak_mb=max(one.peak_mb, other.peak_mb),
        counts=one.counts + other.counts,
        jobs=one.jobs + other.jobs,
    )


def peak_mb() -> int:
    """The most memory that this process has had since its program began, in MB."""
    if _STATUS.exists():
        # Not getrusage, which on Linux begins with what the parent had when it started this one.
        lines = _STATUS.read_text("utf-8").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20  # bytes on macOS, getrusage(2)
