"""What is known at each of several cut-offs before a level is chosen: models, and what they expect.

Cut-offs have nothing to do with each other here, so they are worked on WORKERS at a time: first
the rows that neighbouring ones share, then fits and expectations.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .evidence import Evidence, Rows
from .learners import one_thread
from .level import expectations
from .model import Model
from .train import cases_at, train, training_starts

WORKERS = 2
"""As many as the functions have processors. Fitting is compiled code, which lets another thread
work."""


@dataclass(frozen=True)
class Answer:
    """One cut-off: the members asked about, the model learnt up to then (it has no level yet), and
    what every forecaster expects of them, as `level.combine` takes it."""

    rows: Rows
    model: Model
    parts: dict[str, float]


def answer_each(evidence: Evidence, days: Sequence[int]) -> dict[int, Answer]:
    """The answers as of `days`, in their order: for the question's own day about all its members,
    for others about the sample. Each needs `train.training_starts`."""
    # What threads would otherwise work out side by side, or ask of one connection at once.
    starts = {day: training_starts(evidence, day) for day in days}
    _ = evidence.plan, evidence.goal_days, evidence.sample_end

    def rows(day: int) -> Rows:
        return evidence.present if day == evidence.question.as_of else evidence.sampled(day)

    def answer(day: int) -> Answer:
        model = train(evidence, day, running=False)
        return Answer(rows(day), model, expectations(evidence, model, rows(day), day))

    with one_thread(), ThreadPoolExecutor(WORKERS) as pool:
        newest_first = days[::-1]  # the question's own day has most to do
        list(pool.map(rows, newest_first))
        shared = {(start, len(some)) for some in starts.values() for start in some}
        list(pool.map(lambda one: cases_at(evidence, one[0], 0, one[1]), sorted(shared)))
        answers = dict(zip(newest_first, pool.map(answer, newest_first), strict=True))
    return {day: answers[day] for day in days}
