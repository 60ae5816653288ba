"""Paces of everybody: a mixture of Poisson paces and lifetimes, fitted without assuming a shape.

A history begins on the day a user is first seen, whatever they did then: that the first time comes
late says of a pace what later gaps say, and who has not done it yet has a history too. Like
Pareto/NBD (Schmittlein, Morrison and Colombo 1987, Management Science 33) a user does it at a pace
of their own until they leave, which may happen on any day; but paces and lifetimes come from a grid
whose weights are the maximum likelihood of all users' histories (Kiefer and Wolfowitz 1956, Annals
of Mathematical Statistics 27), found by EM. BG/NBD lets users leave only right after doing it,
which overrates those who do it seldom; and fitted on a segment it takes the segment's selection for
its habit: the lapsed look as if they never came back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from .features import Rhythm

Floats = npt.NDArray[np.float64]

MAX_FIT_USERS = 20_000
MIN_FIT_USERS = 100
"""Users seen, at most; users who did it, at least: more change little, fewer say more of chance."""

PACES, LIFETIMES = 12, 10
"""Classes of the grid."""

STEPS, STRIDE = 1_000, 1.9
"""EM steps, each nearly twice as long as EM itself takes (safe below 2). Weights settle slowly:
after 80 plain steps a forecast is 5 % off, after these less than 1 %."""

TIMES = 60
"""Times are rounded to a sixtieth of the longest, so that users alike are counted together."""

MOST_REPEATS = 60

_CHUNK = 8_192


@dataclass(frozen=True, eq=False)
class Paces:
    """Classes of users: `pace` and `leaving` per day, and their `weight`, float64 (k,)."""

    pace: Floats
    leaving: Floats
    weight: Floats

    def logits(self, beat: Rhythm, horizon: float) -> Floats:
        """float64 (n,): of P(at least one more within `horizon` days); NaN for who was not seen."""
        out = np.full(len(beat.ever), np.nan)
        known = np.flatnonzero(beat.ever)
        both = self.pace + self.leaving
        more = self.pace / both * -np.expm1(-both * horizon)
        for at in range(0, len(known), _CHUNK):
            some = known[at : at + _CHUNK]
            x, last, age = (v[some, None] for v in (beat.repeats, beat.last, beat.age))
            said = _log_likelihood(x, last, age, self.pace, self.leaving)
            top = said.max(axis=1, keepdims=True)
            every = np.exp(said - top) @ self.weight
            here = np.exp(x * np.log(self.pace) - both * age - top) @ (self.weight * more)
            out[some] = logit(np.clip(here / every, 1e-6, 1 - 1e-6))
        return out


def fit(beat: Rhythm) -> Paces | None:
    """The mixture for the users of `beat`; None if too few of them were seen or did it."""
    known = np.flatnonzero(beat.ever)[:MAX_FIT_USERS]
    if np.count_nonzero(beat.repeats[known]) < MIN_FIT_USERS:
        return None
    pace, leaving = _grid(beat.age[known])
    step = max(float(beat.age[known].max()) / TIMES, 1.0)
    alike = np.stack(
        [
            np.minimum(beat.repeats[known], MOST_REPEATS),
            np.round(beat.last[known] / step),
            np.round(beat.age[known] / step),
        ],
        axis=1,
    )
    rows, users = np.unique(alike, axis=0, return_counts=True)
    x, last, age = rows[:, :1], rows[:, 1:2] * step, rows[:, 2:] * step
    said = _log_likelihood(x, last, age, pace, leaving)
    said = np.exp(said - said.max(axis=1, keepdims=True))
    weight = np.full(len(pace), 1 / len(pace))
    for _ in range(STEPS):
        weight = weight * ((users / (said @ weight)) @ said / len(known)) ** STRIDE
        weight /= weight.sum()
    return Paces(pace, leaving, weight)


def _grid(age: Floats) -> tuple[Floats, Floats]:
    """Paces from hardly ever to daily, lifetimes from a few days to for ever."""
    span = max(float(np.quantile(age, 0.95)), 14.0)
    paces = np.concatenate([[0.01 / span], np.geomspace(0.2 / span, 1.0, PACES - 1)])
    leaving = np.concatenate([[1e-9], np.geomspace(0.3 / span, min(0.3, 20 / span), LIFETIMES - 1)])
    return np.repeat(paces, LIFETIMES), np.tile(leaving, PACES)


def _log_likelihood(x: Floats, last: Floats, age: Floats, pace: Floats, leaving: Floats) -> Floats:
    """Of x repeats, the latest at `last`, seen until `age` (days since the first): either still
    here, or left in between."""
    both = pace + leaving
    gone = np.log(leaving) - both * last
    here = np.log(pace) - both * age
    return x * np.log(pace) - np.log(both) + np.logaddexp(gone, here)
