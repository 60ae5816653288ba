"""The answer before anything is saved: how many, how sure, is a wanted number realistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from .evidence import Evidence, Rows
from .interval import Interval, Spread, spread
from .leaks import leaks
from .level import Level, combine, expectations
from .model import Model
from .rolling import Origin, errors_of, rolling_origins, slope_of
from .train import train, training_starts

Verdict = Literal["within_reach", "a_stretch", "not_realistic"]

WITHIN_REACH = 0.5
STRETCH = 0.15
"""A wanted number is within reach when it is at least as likely as not, a stretch from 15 %."""


@dataclass(frozen=True)
class CurvePoint:
    """Users expected to have done it by the end of `day`, and the 80 % interval of that."""

    day: int
    value: float
    low80: float
    high80: float


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

    @property
    def value(self) -> float:
        """The expected number of users."""
        return self.spread.value

    def intervals(self) -> dict[str, Interval]:
        """Keyed `50`, `80`, `95`: of the number of users."""
        return self.spread.intervals()


def verdict(probability: float) -> Verdict:
    """The plain word for P(reached)."""
    if probability >= WITHIN_REACH:
        return "within_reach"
    return "a_stretch" if probability >= STRETCH else "not_realistic"


def forecast(evidence: Evidence, share: float = 1.0) -> Forecast:
    """Answer the evidence's question. `share` in (0, 1]: the part of all users in the tables.

    Raises InsufficientHistory when no past window can be learnt from.
    """
    question, now = evidence.question, evidence.question.as_of
    rows = evidence.rows(evidence.plan, evidence.members(now), now, question.horizon)
    origins = tuple(rolling_origins(evidence, now))
    model = replace(train(evidence, now, running=False), slope=slope_of(origins))
    parts = expectations(evidence, model, rows, now)
    level = combine(parts, len(rows.users), errors_of(origins))
    model = model.at_level(model.raw(rows), level.value)
    errors = [origin.log_error for origin in origins]
    users = round(len(rows.users) / share)
    found = spread(level.value / share, errors, float(users), share)
    return Forecast(
        users=users,
        spread=found,
        events=_event_total(evidence, found),
        curve=_curve(evidence, found),
        method=_method(model),
        model=model,
        level=level,
        origins=origins,
        rows=rows,
        likelihood=model.likelihood(rows),
        undated_traits=evidence.traits.undated(),
        leaks=leaks(evidence, model),
    )


def running_model(evidence: Evidence, expected: float) -> Model:
    """The model that a saved goal scores with on every night of its period.

    It is calibrated on the same past origins as the forecast. Its likelihoods on day 0 add up to
    `expected` users of the panel: the saved forecast, so that forecast, buckets and progress tell
    one story. Raises InsufficientHistory.
    """
    question, now = evidence.question, evidence.question.as_of
    slope = slope_of(rolling_origins(evidence, now))
    model = replace(train(evidence, now, running=True), slope=slope)
    rows = evidence.rows(evidence.plan, evidence.members(now), now, question.horizon)
    return model.at_level(model.raw(rows), expected)


def _method(model: Model) -> Literal["base_rate", "small", "full"]:
    if model.trees:
        return "full"
    return "small" if model.linear else "base_rate"


def _event_total(evidence: Evidence, users: Spread) -> Spread:
    """Goal events expected: users times events per user who did it, as in past windows.

    The ratio's own wandering from window to window is added to the spread of the users.
    """
    ratios = [_events_per_user(evidence, start) for start in _windows(evidence)]
    known = np.log([ratio for ratio in ratios if ratio])
    ratio = float(np.exp(known.mean())) if len(known) else 1.0
    wander = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    scale = float(np.hypot(users.scale, np.sqrt(wander)))
    return Spread(users.value * ratio, scale, users.freedom, float("inf"))


def _windows(evidence: Evidence) -> Sequence[int]:
    return training_starts(evidence, evidence.question.as_of)


def _events_per_user(evidence: Evidence, start: int) -> float | None:
    history, horizon = evidence.history, evidence.question.horizon
    members = evidence.members(start)
    doers = members[evidence.goal.within(members, start, horizon)]
    if not len(doers):
        return None
    did = np.zeros(len(history.uh), bool)
    did[doers] = True
    codes = [evidence.codes[e] for e in evidence.question.events if e in evidence.codes]
    counted = (
        np.isin(history.event, codes)
        & (history.day > start)
        & (history.day <= start + horizon)
        & did[history.user]
    )
    return float(history.count[counted].sum()) / len(doers)


def _curve(evidence: Evidence, total: Spread) -> tuple[CurvePoint, ...]:
    """The total, spread over the days as those who did it in past windows were.

    Windows start on the goal's weekday, so the week's rhythm is in it.
    """
    question = evidence.question
    arrivals = np.zeros(question.horizon)
    for start in _windows(evidence):
        members = evidence.members(start)
        after = evidence.goal.achieved_on(members, start) - start
        arrivals += np.bincount(after[after <= question.horizon] - 1, minlength=question.horizon)
    if not arrivals.any():
        arrivals += 1.0
    so_far = np.cumsum(arrivals) / arrivals.sum()
    points = []
    for offset, part in enumerate(so_far, start=1):
        at = spread_of_part(total, float(part))
        bounds = at.interval(80)
        points.append(CurvePoint(question.as_of + offset, at.value, bounds.low, bounds.high))
    return tuple(points)


def spread_of_part(total: Spread, part: float) -> Spread:
    """The spread of what has come by a day on which `part` of the total is expected.

    The level's error is shared by all days; the sampling noise is that of the smaller count.
    """
    value = total.value * part
    noise = 1 / max(value, 0.5) - 1 / max(total.value, 0.5)
    return Spread(
        value, float(np.sqrt(total.scale**2 + max(noise, 0.0))), total.freedom, total.most
    )
