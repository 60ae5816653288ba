"""How many there will be: a combination of forecasters that fail in different ways.

Each family's count and two persistence forecasts enter a geometric mean. No family is best on every
series, which one will be is not known beforehand, and the plain mean of good forecasters is hard to
beat (Clemen 1989, "Combining forecasts", International Journal of Forecasting 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .evidence import Evidence, Rows
from .history import Ints
from .model import Model
from .train import training_starts


@dataclass(frozen=True)
class Level:
    """`value` users expected; `parts` says what each forecaster expects."""

    value: float
    parts: dict[str, float]


def persistence(evidence: Evidence, present: Ints, now: int) -> dict[str, float]:
    """The share that did it in the window just past, carried forward; in all, and apart for those
    who did it in that window and those who did not. Shares have Jeffreys' prior (+0.5 of 1)."""
    horizon = evidence.question.horizon
    parts: dict[str, float] = {}
    start = training_starts(evidence, now)[0]
    past = evidence.members(start)
    did = evidence.goal.within(past, start, horizon)
    parts["persistence"] = len(present) * float(did.sum() + 0.5) / (len(did) + 1)
    if start - horizon < evidence.history.earliest_day:
        return parts  # nobody can be told apart by a window that history does not cover
    before = evidence.goal.within(past, start - horizon, horizon)
    lately = evidence.goal.within(present, now - horizon, horizon)
    parts["persistence_by_group"] = sum(
        float(did[before == group].sum() + 0.5)
        / float((before == group).sum() + 1)
        * float((lately == group).sum())
        for group in (True, False)
    )
    return parts


def combine(evidence: Evidence, model: Model, rows: Rows, now: int) -> Level:
    """The level for the members in `rows`, as of `now`, over the whole horizon."""
    parts = persistence(evidence, rows.users, now)
    families = model.family_logits(rows)
    for name, logits in families.items():
        # Buy-till-you-die knows only those who have done it; the linear model speaks for the rest.
        others = families.get("linear", logits)
        parts[name] = float(expit(np.where(np.isnan(logits), others, logits)).sum())
    floor = 0.5  # a share of one user: a family that expects none must not veto the others
    value = float(np.exp(np.mean([np.log(max(part, floor)) for part in parts.values()])))
    return Level(min(value, float(len(rows.users))), parts)


def settle(evidence: Evidence, model: Model, rows: Rows, now: int) -> tuple[Model, Level]:
    """The model at its level for the members in `rows`, as of `now`."""
    level = combine(evidence, model, rows, now)
    return model.at_level(model.raw(rows), level.value), level
