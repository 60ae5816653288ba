"""How many there will be: a combination of forecasters that fail in different ways.

Three kinds: models learnt from past windows (they know the users), buy-till-you-die (it knows every
user's own pace and nothing of single months), and persistence (it knows the latest level). No kind
is best on every series, and an equal mean of good forecasters is hard to beat (Clemen 1989,
"Combining forecasts", International Journal of Forecasting 5), so each begins with an equal say and
loses it only as its own past errors on this very goal prove it unfit (inverse mean squared error,
Bates and Granger 1969, shrunk to equality by PRIOR_WEIGHT). The mean is geometric: errors of counts
are factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean

import numpy as np
from scipy.special import expit

from .evidence import Evidence, Rows
from .history import Ints
from .interval import mean_square
from .model import Model
from .train import training_starts

Errors = Mapping[str, Sequence[float]]
"""Kind -> log(actual / expected) at past origins."""


@dataclass(frozen=True)
class Level:
    """`value` users expected; `parts` says what each forecaster expects, `weights` each kind's
    say."""

    value: float
    parts: dict[str, float]
    weights: dict[str, float]


KINDS = {
    "learned": ("linear", "trees"),
    "buy_till_you_die": ("buy_till_you_die",),
    "persistence": ("persistence", "persistence_by_group"),
}

RECENT_WEEKS = (0, 1, 2)
"""Windows that the shares apart are pooled over: small groups need more than one."""


def persistence(evidence: Evidence, present: Ints, now: int) -> dict[str, float]:
    """The share that did it in the window just past, carried forward; in all, and apart for those
    who did it in the window before that and those who did not. Shares have Jeffreys' prior (+0.5
    of 1)."""
    horizon = evidence.question.horizon
    newest = training_starts(evidence, now)[0]
    past = evidence.members(newest)
    did = evidence.goal.within(past, newest, horizon)
    parts = {"persistence": len(present) * float(did.sum() + 0.5) / (len(did) + 1)}
    known = [
        start
        for start in training_starts(evidence, now, RECENT_WEEKS)
        if start - horizon >= evidence.history.earliest_day
    ]
    if not known:
        return parts  # nobody can be told apart by a window that history does not cover
    lately = evidence.goal.within(present, now - horizon, horizon)
    apart = 0.0
    for group in (True, False):
        done, of = 0.5, 1.0
        for start in known:
            users = evidence.members(start)
            alike = evidence.goal.within(users, start - horizon, horizon) == group
            done += float(evidence.goal.within(users[alike], start, horizon).sum())
            of += float(alike.sum())
        apart += done / of * float((lately == group).sum())
    parts["persistence_by_group"] = apart
    return parts


def expectations(evidence: Evidence, model: Model, rows: Rows, now: int) -> dict[str, float]:
    """What every forecaster expects of the members in `rows`, as of `now`."""
    parts = persistence(evidence, rows.users, now)
    families = model.family_logits(rows)
    for name, logits in families.items():
        # Buy-till-you-die knows only those who have done it; the linear model speaks for the rest.
        others = families.get("linear", logits)
        parts[name] = float(expit(np.where(np.isnan(logits), others, logits)).sum())
    return parts


def by_kind(parts: Mapping[str, float]) -> dict[str, float]:
    """Log of what each kind expects: the mean over its members. At least half a user, so that a
    family that expects nobody cannot veto the others."""
    logs = {
        kind: [log(max(parts[name], 0.5)) for name in names if name in parts]
        for kind, names in KINDS.items()
    }
    return {kind: fmean(said) for kind, said in logs.items() if said}


def combine(parts: Mapping[str, float], users: int, errors: Errors) -> Level:
    """The level that `parts` mean, given the kinds' past errors; at most `users`."""
    said = by_kind(parts)
    raw = {kind: 1 / mean_square(errors.get(kind, ())) for kind in said}
    weights = {kind: weight / sum(raw.values()) for kind, weight in raw.items()}
    value = exp(sum(weights[kind] * said[kind] for kind in said))
    return Level(min(value, float(users)), dict(parts), weights)
