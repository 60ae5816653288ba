"""The answer before anything is saved: how many, how sure, is a wanted number realistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from .alternatives import Advice, advice, refusal
from .answers import answer_each
from .course import CurvePoint, curve, event_total
from .drift import Drift, drift
from .evidence import Evidence, Rows
from .interval import Interval, Spread, spread
from .leaks import leaks
from .learners import one_thread
from .level import Level, combine
from .model import Model
from .reach import further_variance, growth_of, learnable
from .rolling import (
    Origin,
    calibration_of,
    errors_of,
    news_of,
    origin_days,
    rolling_origins,
)
from .train import train


@dataclass(frozen=True)
class Forecast:
    """Of `users` members, how many do it within the period, marketing as usual.

    `spread` carries value and intervals of the users, `events` of the number of goal events.
    `rows` and `likelihood` (float64) are of the members on the panel; `share` is the part of all
    users that the panel holds, by which counts were scaled up.
    """

    users: int
    spread: Spread
    events: Spread
    curve: tuple[CurvePoint, ...]
    method: Literal["base_rate", "small", "full"]
    model: Model
    level: Level
    origins: tuple[Origin, ...]
    rows: Rows
    likelihood: npt.NDArray[np.float64]
    undated_traits: tuple[str, ...]
    leaks: tuple[str, ...]
    advice: Advice | None
    drift: Drift

    @property
    def value(self) -> float:
        """The expected number of users."""
        return self.spread.value

    def intervals(self) -> dict[str, Interval]:
        """Keyed `50`, `80`, `95`: of the number of users."""
        return self.spread.intervals()


def forecast(evidence: Evidence, share: float = 1.0) -> Forecast:
    """Answer the evidence's question. `share` in (0, 1]: the part of all users in the tables.

    Raises InsufficientHistory when no past window can be learnt from.
    """
    with one_thread():
        return _answer(evidence, share)


def _answer(evidence: Evidence, share: float) -> Forecast:
    now = evidence.question.as_of
    past = learnable(evidence, now)
    if past is None:
        raise refusal(evidence, now, share)
    learned = past.question.horizon
    answers = answer_each(past, [*origin_days(past, now), now])
    answer = answers.pop(now)
    origins = tuple(rolling_origins(past, answers))
    model, rows = replace(answer.model, calibration=calibration_of(origins)), answer.rows
    news = news_of(origins, learned)
    level = combine(answer.parts, len(rows.users), errors_of(origins), news)
    model, rows = _over_all_days(evidence, model.at_level(rows, level.value), rows)
    likelihood = model.likelihood(rows)
    users = round(len(rows.users) / share)
    found = spread(
        float(likelihood.sum()) / share,
        [origin.past for origin in origins],
        float(users),
        share,
        further_variance(learned, evidence.question.horizon),
    )
    return Forecast(
        users=users,
        spread=found,
        events=event_total(past, found, level.value / share, evidence.question.horizon),
        curve=curve(past, found, model, rows),
        method=_method(model),
        model=model,
        level=level,
        origins=origins,
        rows=rows,
        likelihood=likelihood,
        undated_traits=evidence.traits.undated(),
        leaks=leaks(past, model),
        advice=advice(past, now, _method(model), share),
        drift=drift(past),
    )


def running_model(
    evidence: Evidence, expected: float, origins: Sequence[Origin] | None = None
) -> Model:
    """The model that a saved goal scores with on every night of its period.

    It is calibrated on the same past `origins` as the forecast, made anew unless they are given.
    Its likelihoods on day 0 add up to `expected` users of the panel: the saved forecast, so that
    forecast, buckets and progress tell one story. Raises InsufficientHistory.
    """
    now = evidence.question.as_of
    past = learnable(evidence, now)
    if past is None:
        raise refusal(evidence, now)
    if origins is None:
        origins = rolling_origins(past, answer_each(past, origin_days(past, now)))
    calibrated = calibration_of(origins)
    model = replace(train(past, now, running=True), calibration=calibrated)
    rows = past.present
    model, rows = _over_all_days(evidence, model, rows)
    return model.at_level(rows, expected)


def _over_all_days(evidence: Evidence, model: Model, rows: Rows) -> tuple[Model, Rows]:
    """`model` and `rows` of the days that could be learnt, over those that were asked for."""
    horizon = evidence.question.horizon
    growth = growth_of(model.dying, rows.beat, model.learned, horizon)
    days = np.full(len(rows.users), float(horizon))
    return replace(model, horizon=horizon, growth=growth), replace(rows, remaining=days)


def _method(model: Model) -> Literal["base_rate", "small", "full"]:
    if model.trees:
        return "full"
    return "small" if model.linear else "base_rate"
