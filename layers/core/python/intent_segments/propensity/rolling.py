"""Rolling origins: the same procedure, run as if it were an earlier day, against what came."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from .evaluate import Evaluation, evaluate
from .evidence import Evidence
from .level import settle
from .train import train, training_starts

ORIGIN_WEEKS = (0, 2, 4, 8, 12, 16)
"""Weeks between the newest origin whose outcome is known and each origin: errors of neighbouring
weeks repeat each other, those of other months tell something new."""


@dataclass(frozen=True)
class Origin:
    """One past forecast and its outcome. `day` is the cut-off."""

    day: int
    value: float
    actual: int
    evaluation: Evaluation

    @property
    def log_error(self) -> float:
        """log(actual / forecast), half a user added to both so that zero stays finite."""
        return log((self.actual + 0.5) / (self.value + 0.5))


def rolling_origins(evidence: Evidence, now: int) -> list[Origin]:
    """Forecasts at past cut-offs whose outcome is known by `now`, newest first.

    An origin needs a whole window before it to learn from; the first ones of a young account fall
    away, and with none left the interval rests on its prior alone.
    """
    horizon = evidence.question.horizon
    origins = []
    for day in training_starts(evidence, now, ORIGIN_WEEKS):
        rows = evidence.sampled(day)
        if not len(rows.users) or not training_starts(evidence, day):
            continue
        model, level = settle(evidence, train(evidence, day, running=False), rows, day)
        did = evidence.goal.within(rows.users, day, horizon)
        found = evaluate(model.likelihood(rows), did)
        origins.append(Origin(day, level.value, int(did.sum()), found))
    return origins
