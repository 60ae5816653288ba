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

LOOK, NOTHING = 50, 1e-6
"""Every so many steps classes are left out that hold less than this and lose: steps then take a
third of the time, and no likelihood changes by a millionth."""

TIMES = 60
"""Times are rounded to a sixtieth of the longest, so that users alike are counted together."""

MOST_REPEATS = 60

_CHUNK = 8_192


@dataclass(frozen=True, eq=False)
class Paces:
    """The grid: `pace` float64 (PACES,) and `leaving` float64 (LIFETIMES,), both per day, and the
    `weight` of every pair, float64 (PACES, LIFETIMES)."""

    pace: Floats
    leaving: Floats
    weight: Floats

    def logits(self, beat: Rhythm, horizon: float) -> Floats:
        """float64 (n,): of P(at least one more within `horizon` days); NaN for who was not seen."""
        out = np.full(len(beat.ever), np.nan)
        known = np.flatnonzero(beat.ever)
        held = self.weight.any(axis=1)
        pace, weight = self.pace[held], self.weight[held]
        both = pace[:, None] + self.leaving
        gone, here = weight * self.leaving / both, weight * pace[:, None] / both
        more = here * -np.expm1(-both * horizon)
        for at in range(0, len(known), _CHUNK):
            some = known[at : at + _CHUNK]
            until_last, since, last, age = _factors(
                beat.repeats[some], beat.last[some], beat.age[some], pace, self.leaving
            )
            still = until_last * since
            every = (until_last * (last @ gone.T) + still * (age @ here.T)).sum(axis=1)
            again = (still * (age @ more.T)).sum(axis=1)
            every = np.maximum(every, np.finfo(np.float64).tiny)
            out[some] = logit(np.clip(again / every, 1e-6, 1 - 1e-6))
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
    ).astype(np.int64)
    # One number per row: sorting numbers is many times as fast as sorting rows.
    _, first, users = np.unique(
        alike @ [1 << 40, 1 << 20, 1], return_index=True, return_counts=True
    )
    x, last, age = alike[first].T
    said = _likelihoods(x.astype(np.float64), last * step, age * step, pace, leaving)
    weight = _most_likely(said, users)
    return Paces(pace, leaving, weight.reshape(PACES, LIFETIMES))


def _most_likely(said: Floats, users: npt.NDArray[np.int64]) -> Floats:
    """Weights of the classes, float64 (k,), under which rows with the likelihoods `said` (m, k) of
    `users` (m,) each are likeliest."""
    # In float32: half the memory to go through a thousand times.
    rows = (said / said.max(axis=1, keepdims=True)).astype(np.float32)
    part = (users / users.sum()).astype(np.float32)
    held = np.arange(rows.shape[1])
    weight = np.full(len(held), 1 / len(held), np.float32)
    for step in range(1, STEPS + 1):
        gain = (part / (rows @ weight)) @ rows
        weight = weight * gain ** np.float32(STRIDE)
        weight /= weight.sum()
        if step % LOOK == 0:
            kept = (weight > NOTHING) | (gain > 1)
            held, rows, weight = held[kept], rows[:, kept], weight[kept] / weight[kept].sum()
    out = np.zeros(said.shape[1])
    out[held] = weight
    return out


def _grid(age: Floats) -> tuple[Floats, Floats]:
    """Paces from hardly ever to daily, lifetimes from a few days to for ever."""
    span = max(float(np.quantile(age, 0.95)), 14.0)
    paces = np.concatenate([[0.01 / span], np.geomspace(0.2 / span, 1.0, PACES - 1)])
    leaving = np.concatenate([[1e-9], np.geomspace(0.3 / span, min(0.3, 20 / span), LIFETIMES - 1)])
    return paces, leaving


def _likelihoods(x: Floats, last: Floats, age: Floats, pace: Floats, leaving: Floats) -> Floats:
    """float64 (n, PACES * LIFETIMES), up to a factor per row: of x repeats, the latest at `last`,
    seen until `age` (days since the first): either still here, or left in between."""
    until_last, since, to_last, to_age = _factors(x, last, age, pace, leaving)
    both = pace[:, None] + leaving
    gone = to_last[:, None, :] * (leaving / both)
    here = since[:, :, None] * to_age[:, None, :] * (pace[:, None] / both)
    return (until_last[:, :, None] * (gone + here)).reshape(len(x), -1)


def _factors(
    x: Floats, last: Floats, age: Floats, pace: Floats, leaving: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """What likelihoods are made of, since pace and leaving come apart: pace^x exp(-pace last) over
    the most that any of the paces has, exp(-pace (age - last)), both (n, paces);
    exp(-leaving last) and exp(-leaving age), both (n, LIFETIMES)."""
    until_last = x[:, None] * np.log(pace) - last[:, None] * pace
    until_last = np.exp(until_last - until_last.max(axis=1, keepdims=True))
    since = np.exp((last - age)[:, None] * pace)
    return (
        until_last,
        since,
        np.exp(-last[:, None] * leaving),
        np.exp(-age[:, None] * leaving),
    )
