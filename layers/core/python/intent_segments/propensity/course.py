"""How a forecast runs over its days, and how many events its users make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .evidence import Evidence, Rows
from .interval import Spread, noise
from .model import Model
from .train import training_starts


@dataclass(frozen=True)
class CurvePoint:
    """Users expected to have done it by the end of `day`, and the 80 % interval of that."""

    day: int
    value: float
    low80: float
    high80: float


def curve(past: Evidence, total: Spread, model: Model, rows: Rows) -> tuple[CurvePoint, ...]:
    """The total over the days of the period.

    The days that could be learnt share it as those of past windows did, which start on the goal's
    weekday, so the week's rhythm is in it. Later days have what `model` carries on.
    """
    parts = arrived(past)
    if model.learned < model.horizon:
        within = model.likelihood(replace(rows, remaining=rows.remaining * 0 + model.learned))
        days = range(model.learned + 1, model.horizon + 1)
        later = [float(model.carried(within, day).sum()) for day in days]
        parts = np.concatenate([parts * float(within.sum()), later]) / max(later[-1], 1e-9)
    points = []
    for offset, part in enumerate(parts, start=1):
        at = spread_of_part(total, float(part))
        bounds = at.interval(80)
        points.append(CurvePoint(past.question.as_of + offset, at.value, bounds.low, bounds.high))
    return tuple(points)


def arrived(past: Evidence) -> npt.NDArray[np.float64]:
    """float64 (horizon,), ending with 1: the part of those who did it in past windows who had done
    it by the end of each day."""
    horizon = past.question.horizon
    arrivals = np.zeros(horizon)
    for start in training_starts(past, past.question.as_of):
        after = past.goal.achieved_on(past.members(start), start) - start
        arrivals += np.bincount(after[after <= horizon] - 1, minlength=horizon)
    if not arrivals.any():
        arrivals += 1.0
    return np.cumsum(arrivals) / arrivals.sum()


def spread_of_part(total: Spread, part: float) -> Spread:
    """The spread of what has come by a day on which `part` of the total is expected.

    The level's error is shared by all days; the sampling noise is that of the smaller count.
    """
    value = total.value * part
    further = max(noise(value) - noise(total.value), 0.0)
    scale = float(np.sqrt(total.scale**2 + further))
    return Spread(value, scale, total.freedom, total.most, total.level)


def event_total(past: Evidence, users: Spread, learned_users: float, horizon: int) -> Spread:
    """Goal events expected in `horizon` days: users times events per user who did it, as in past
    windows.

    The ratio's own wandering from window to window is added to the spread of the users. Where a
    shorter window is carried on, in which `learned_users` are expected, events go on at its pace.
    """
    starts = training_starts(past, past.question.as_of)
    ratios = [_events_per_user(past, start) for start in starts]
    known = np.log([ratio for ratio in ratios if ratio])
    ratio = float(np.exp(known.mean())) if len(known) else 1.0
    wander = float(known.var(ddof=1)) if len(known) > 1 else 0.0
    events = learned_users * ratio * horizon / past.question.horizon
    scale = float(np.hypot(users.scale, np.sqrt(wander)))
    return Spread(max(events, users.value), scale, users.freedom, float("inf"), users.level)


def _events_per_user(past: Evidence, start: int) -> float | None:
    horizon = past.question.horizon
    members = past.members(start)
    doers = members[past.goal.within(members, start, horizon)]
    if not len(doers):
        return None
    did = np.zeros(len(past.history.uh), bool)
    did[doers] = True
    return past.done.total(did, start, start + horizon) / len(doers)
