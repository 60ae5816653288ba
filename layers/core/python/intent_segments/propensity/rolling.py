"""Rolling origins: the same procedure, run as if it were an earlier day, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
import numpy.typing as npt

from .calibrate import slope
from .evaluate import Evaluation, evaluate
from .evidence import Evidence
from .level import by_kind, combine, expectations
from .train import train, training_starts

ORIGIN_WEEKS = (0, 2, 4, 8, 12, 16)
"""Weeks between the newest origin whose outcome is known and each origin: errors of neighbouring
weeks repeat each other, those of other months tell something new."""


@dataclass(frozen=True)
class Origin:
    """One past forecast and its outcome. `day` is the cut-off; `errors` are those of the kinds of
    forecaster (`level.KINDS`), log(actual / expected). `logits` float64 (n,) are the model's before
    slope and level, `did` bool (n,) the outcomes."""

    day: int
    value: float
    actual: int
    evaluation: Evaluation
    errors: dict[str, float]
    logits: npt.NDArray[np.float64]
    did: npt.NDArray[np.bool_]

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
    origins: list[Origin] = []
    for day in reversed(training_starts(evidence, now, ORIGIN_WEEKS)):
        rows = evidence.sampled(day)
        if not len(rows.users) or not training_starts(evidence, day):
            continue
        model = train(evidence, day, running=False)
        parts = expectations(evidence, model, rows, day)
        # Only what was known on that day: origins whose own period was over by then.
        known = [origin for origin in origins if origin.day + horizon <= day]
        level = combine(parts, len(rows.users), errors_of(known))
        did = evidence.goal.within(rows.users, day, horizon)
        actual = int(did.sum())
        logits = model.raw(rows)
        model = replace(model, slope=slope_of(known))
        likelihood = model.at_level(model.slope * logits, level.value).likelihood(rows)
        errors = {kind: log(actual + 0.5) - said for kind, said in by_kind(parts).items()}
        card = evaluate(likelihood, did)
        origins.append(Origin(day, level.value, actual, card, errors, logits, did))
    return origins[::-1]


def slope_of(origins: Sequence[Origin]) -> float:
    """The slope that would have calibrated these forecasts."""
    return slope([origin.logits for origin in origins], [origin.did for origin in origins])


def errors_of(origins: Sequence[Origin]) -> dict[str, list[float]]:
    """Past errors per kind of forecaster, as `level.combine` takes them."""
    kinds = sorted({kind for origin in origins for kind in origin.errors})
    return {kind: [o.errors[kind] for o in origins if kind in o.errors] for kind in kinds}
