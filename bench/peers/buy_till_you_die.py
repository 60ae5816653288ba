"""Buy-till-you-die models of `lifetimes`: BG/NBD, MBG/NBD, Pareto/NBD.

Days on which a user did the goal's events are the purchases; several on one day are one. The
fitters are imported from their modules: the package's data sets ask for setuptools.
"""

from __future__ import annotations

from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

import numpy as np

from .past import Floats, Past

FITTING_SEED = 0
"""The Pareto/NBD fitter starts at a random point of NumPy's global generator."""

INSTANT = 0.001
"""Days after a purchase at which the Pareto/NBD is asked: at the very moment of one, its formula is
the difference of two equal terms, and its logarithm not a number."""

MOST_STEPS = 400
"""Of the Pareto/NBD's simplex search. It ends by itself before, except where a parameter runs off
to infinity and no longer changes any probability."""

PENALIZERS = (0.0, 0.001, 0.01, 0.1)
"""Weights of the fitter's ridge, tried in this order."""


@dataclass(frozen=True)
class Purchases:
    """Distinct (frequency, recency, age) in days, how many users have each, and each user's row."""

    frequency: Floats
    recency: Floats
    age: Floats
    users: Floats
    row: Floats

    @classmethod
    def of(cls, past: Past) -> Purchases | None:
        """Of the members as of now; None unless all have done it, which the models take for
        granted."""
        days = past.goal.all_days()
        total = len(past.history.uh)
        count = np.bincount(days.user, minlength=total)
        first, last = np.zeros(total), np.zeros(total)
        last[days.user] = days.day  # sorted by user and day: the latest stays
        first[days.user[::-1]] = days.day[::-1]
        members = past.members(past.now)
        if not len(members) or not count[members].all():
            return None
        summary = np.column_stack([count - 1, last - first, past.now - first])[members]
        distinct, row, users = np.unique(summary, axis=0, return_inverse=True, return_counts=True)
        return cls(*distinct.T, users, row)


def bg_nbd(past: Past) -> Floats | None:
    from lifetimes.fitters.beta_geo_fitter import BetaGeoFitter

    return _departing_at_purchases(past, BetaGeoFitter())


def mbg_nbd(past: Past) -> Floats | None:
    from lifetimes.fitters.modified_beta_geo_fitter import ModifiedBetaGeoFitter

    return _departing_at_purchases(past, ModifiedBetaGeoFitter())


def pareto_nbd(past: Past) -> Floats | None:
    """1 - P(no purchase in the horizon), Fader and Hardie's note 28, as `lifetimes` has it.

    No answer where that formula leaves the range of floating point.
    """
    from lifetimes.fitters.pareto_nbd_fitter import ParetoNBDFitter

    bought = Purchases.of(past)
    if bought is None:
        return None
    bought = replace(bought, age=np.maximum(bought.age, bought.recency + INSTANT))
    np.random.seed(FITTING_SEED)
    model = _fitted(ParetoNBDFitter(), bought, maxiter=MOST_STEPS)
    with np.errstate(all="ignore"):
        none = model.conditional_probability_of_n_purchases_up_to_time(
            0, past.horizon, bought.frequency, bought.recency, bought.age
        )
    return np.clip(1 - none, 0.0, 1.0)[bought.row] if np.isfinite(none).all() else None


def at_least_one(
    alive: Floats, frequency: Floats, age: Floats, horizon: int, r: float, alpha: float
) -> Floats:
    """P(alive) x (1 - ((alpha + T) / (alpha + T + H)) ^ (r + x)).

    The gamma posterior of the pace; a user departs only at a purchase, so never before the first.
    """
    return alive * (1 - ((alpha + age) / (alpha + age + horizon)) ** (r + frequency))


def _departing_at_purchases(past: Past, fitter: Any) -> Floats | None:
    bought = Purchases.of(past)
    if bought is None:
        return None
    model = _fitted(fitter, bought)
    alive = model.conditional_probability_alive(bought.frequency, bought.recency, bought.age)
    r, alpha = model.params_["r"], model.params_["alpha"]
    return at_least_one(alive, bought.frequency, bought.age, past.horizon, r, alpha)[bought.row]


def _fitted(fitter: Any, bought: Purchases, **options: int) -> Any:
    """Maximum likelihood over all users, each distinct history once with its weight.

    Where the search does not converge (nobody seems to depart: Online Retail), the penalizer is
    raised, as the fitter's message advises.
    """
    from lifetimes.utils import ConvergenceError

    history = bought.frequency, bought.recency, bought.age
    for penalizer in PENALIZERS:
        fitter.penalizer_coef = penalizer
        # Steps of the search leave the domain and come back; a failed one prints its diary.
        with np.errstate(all="ignore"), redirect_stdout(StringIO()), suppress(ConvergenceError):
            return fitter.fit(*history, weights=bought.users, **options)
    raise ConvergenceError(f"no fit with a penalizer up to {PENALIZERS[-1]}")
