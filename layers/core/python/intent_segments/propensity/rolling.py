"""Rolling origins: the same procedure, run as if it were an earlier day, against what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
import numpy.typing as npt

from .answers import Answer
from .calibrate import Calibration, calibration
from .evaluate import Evaluation, evaluate
from .evidence import Evidence
from .interval import Past
from .level import by_kind, combine
from .train import MOST_ORIGINS, training_starts


@dataclass(frozen=True)
class Origin:
    """One past forecast and its outcome. `day` is the cut-off; `errors` are those of the kinds of
    forecaster (`level.KINDS`), log(actual / expected). `logits` float64 (n,) are the model's before
    calibration and level, `did` bool (n,) the outcomes."""

    day: int
    value: float
    actual: int
    evaluation: Evaluation
    errors: dict[str, float]
    logits: npt.NDArray[np.float64]
    did: npt.NDArray[np.bool_]

    @property
    def past(self) -> Past:
        """The counts alone."""
        return Past(self.value, self.actual)


def origin_days(evidence: Evidence, now: int) -> list[int]:
    """Past cut-offs whose outcome is known by `now`, oldest first.

    An origin needs a whole window before it to learn from; the first ones of a young account fall
    away, and with none left the interval rests on its prior alone.
    """
    days = training_starts(evidence, now, MOST_ORIGINS)[::-1]
    return [day for day in days if len(evidence.sample(day)) and training_starts(evidence, day)]


def rolling_origins(evidence: Evidence, answers: Mapping[int, Answer]) -> list[Origin]:
    """Forecasts as of the days of `answers`, oldest first there, newest first here."""
    horizon = evidence.question.horizon
    origins: list[Origin] = []
    for day, answer in answers.items():
        rows, model, parts = answer.rows, answer.model, answer.parts
        # Only what was known on that day: origins whose own period was over by then.
        known = [origin for origin in origins if origin.day + horizon <= day]
        level = combine(parts, len(rows.users), errors_of(known), news_of(known, horizon))
        did = evidence.goal.within(rows.users, day, horizon)
        actual = int(did.sum())
        logits = model.raw(rows)
        model = replace(model, calibration=calibration_of(known))
        model = model.at_level(rows, level.value, model.calibration(logits))
        errors = {kind: log(actual + 0.5) - said for kind, said in by_kind(parts).items()}
        card = evaluate(model.likelihood(rows), did)
        origins.append(Origin(day, level.value, actual, card, errors, logits, did))
    return origins[::-1]


def calibration_of(origins: Sequence[Origin]) -> Calibration:
    """What would have calibrated these forecasts."""
    return calibration([origin.logits for origin in origins], [origin.did for origin in origins])


def errors_of(origins: Sequence[Origin]) -> dict[str, list[float]]:
    """Past errors per kind of forecaster, as `level.combine` takes them."""
    kinds = sorted({kind for origin in origins for kind in origin.errors})
    return {kind: [o.errors[kind] for o in origins if kind in o.errors] for kind in kinds}


def news_of(origins: Sequence[Origin], horizon: int) -> float:
    """The part of an origin's period that that of the origin before did not cover, in (0, 1]."""
    days = sorted(origin.day for origin in origins)
    return min(1.0, (days[-1] - days[0]) / (len(days) - 1) / horizon) if len(days) > 1 else 1.0
