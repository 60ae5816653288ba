"""How many there will be: a combination of forecasters that fail in different ways.

Five kinds: models learnt from past windows (they know the users), buy-till-you-die and paces (they
know every user's own pace and nothing of single months; one is fitted on the members, the other on
everybody, which a segment of the lapsed or the loyal cannot lead astray), persistence (it knows the
latest level), and, after a year of history, the season (it knows this time of the year). No kind
is best on every series, and a fixed mean of good forecasters is hard to beat (Clemen 1989,
"Combining forecasts", International Journal of Forecasting 5), so each begins with the same say on
every goal (SAY) and loses it only as its own past errors on this very goal prove it unfit (inverse
mean squared error, Bates and Granger 1969, shrunk by PRIOR_WEIGHT). A kind that was wrong by the
same every time is corrected first. The mean is geometric: errors of counts are factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, variance

import numpy as np
from scipy.special import expit

from .evidence import Evidence, Rows
from .model import Model
from .paces import fit as fit_paces
from .persistence import persistence, season

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
    "paces": ("paces",),
    "persistence": ("persistence", "persistence_by_group"),
    "season": ("last_year",),
}

SAY = {"learned": 1.0, "buy_till_you_die": 1.5, "paces": 1.5, "persistence": 1.0, "season": 1.0}
"""The say that a kind begins with. Two rest on every user's whole past, the others on a handful of
windows whose noise they copy: over 20 retail series the level of the two was the steadiest."""

PRIOR_ERROR, PRIOR_WEIGHT = 0.16, 4
"""What is known of a kind before any of its errors: an error of 0.16, worth four origins."""

LEAST_SCATTER, MONTHS_CHANGE = 0.05, 2
"""A handful of errors that happen to agree are not taken to scatter less than the first; and of a
constant error from n months the part n / (n + 2) is taken to go on."""


def expectations(evidence: Evidence, model: Model, rows: Rows, now: int) -> dict[str, float]:
    """What every forecaster expects of the members in `rows`, as of `now`."""
    parts = persistence(evidence, rows.users, now) | season(evidence, rows.users, now)
    families = model.family_logits(rows)
    repeated = evidence.repeated and "linear" in families
    if repeated and (paces := fit_paces(evidence.lives_of_all(now))):
        lives = evidence.lives(rows.users, rows.beat, now)
        families["paces"] = paces.logits(lives, float(rows.remaining[0]))
    for name, logits in families.items():
        # Buy-till-you-die knows only those who have done it; the linear model speaks for the rest.
        others = families.get("linear", logits)
        parts[name] = float(expit(np.where(np.isnan(logits), others, logits)).sum())
    return parts


def mean_square(log_errors: Sequence[float]) -> float:
    """Mean squared log error of a forecaster, its known errors and the prior's together."""
    known = sum(error**2 for error in log_errors)
    return (PRIOR_WEIGHT * PRIOR_ERROR**2 + known) / (PRIOR_WEIGHT + len(log_errors))


def constant_error(log_errors: Sequence[float], news: float) -> float:
    """What a forecaster has been wrong by every time: the mean of its errors, as far as it stands
    out from their scatter.

    Positive-part James-Stein shrinkage of one mean to zero (Efron and Morris 1973, JASA 68), and
    by MONTHS_CHANGE. `news` is the part of each error that the one
    before did not tell, because past windows overlap.
    """
    if len(log_errors) < 2:
        return 0.0
    mean, count = fmean(log_errors), len(log_errors) * news
    doubt = max(variance(log_errors), LEAST_SCATTER**2) / count
    if mean**2 <= doubt:
        return 0.0
    return mean * (1 - doubt / mean**2) * count / (count + MONTHS_CHANGE)


def by_kind(parts: Mapping[str, float]) -> dict[str, float]:
    """Log of what each kind expects: the mean over its members. At least half a user, so that a
    family that expects nobody cannot veto the others."""
    logs = {
        kind: [log(max(parts[name], 0.5)) for name in names if name in parts]
        for kind, names in KINDS.items()
    }
    return {kind: fmean(said) for kind, said in logs.items() if said}


def combine(parts: Mapping[str, float], users: int, errors: Errors, news: float = 1.0) -> Level:
    """The level that `parts` mean, given the kinds' past errors and the `news` in each (see
    `constant_error`); at most `users`."""
    said = by_kind(parts)
    constant = {kind: constant_error(errors.get(kind, ()), news) for kind in said}
    left = {kind: [e - constant[kind] for e in errors.get(kind, ())] for kind in said}
    raw = {kind: SAY[kind] / mean_square(left[kind]) for kind in said}
    weights = {kind: weight / sum(raw.values()) for kind, weight in raw.items()}
    value = exp(sum(weights[kind] * (said[kind] + constant[kind]) for kind in said))
    return Level(min(value, float(users)), dict(parts), weights)
