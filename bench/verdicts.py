"""Goals looked at every night until their end: how often is there ever a verdict?

Members have likelihoods of their own, known before up to some noise, and do it on any day at the
rate that these say. The verdict is the product's: by counts, or by what the likelihood leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intent_segments.campaigns.comparison import Known, compare
from intent_segments.campaigns.cuped import FEWEST_CONVERTED, Moments, cuped
from intent_segments.campaigns.daily import daily
from intent_segments.campaigns.effect import difference
from intent_segments.campaigns.uplift import verdict

Numbers = npt.NDArray[np.int64]

NOISE = 0.2
"""Standard deviation of the logarithm by which likelihoods are off."""


@dataclass(frozen=True)
class Watched:
    """Members with daily rates from a gamma distribution, so many days, the share of control; in
    test the campaign adds `lift` to the rate of a day, as a part of the mean rate."""

    users: int
    days: int
    control: float
    shape: float
    scale: float
    lift: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.users:,} users, {self.days} days, {100 * self.control:.0f} % control"


@dataclass(frozen=True)
class Called:
    """Of `trials` goals: how often any night was called an effect by counts alone, how often by the
    verdict, how often the last night was; `by_likelihood` is the part whose verdict went by the
    likelihood in the end."""

    trials: int
    counts: float
    verdict: float
    last: float
    by_likelihood: float


def watched(goal: Watched, trials: int, seed: int) -> Called:
    """Draw the goal `trials` times; the same seed gives the same draws."""
    found = np.array([_once(goal, np.random.default_rng((seed, trial))) for trial in range(trials)])
    return Called(trials, *(float(part) for part in found.mean(0)))


def _once(goal: Watched, random: np.random.Generator) -> tuple[bool, bool, bool, bool]:
    rates = random.gamma(goal.shape, goal.scale, goal.users).clip(1e-9, 0.5)
    held = random.random(goal.users) < goal.control
    chance = rates + np.where(held, 0.0, goal.lift * goal.shape * goal.scale)
    wrong = np.exp(random.normal(0, NOISE, goal.users))
    x = np.rint(1e6 * ((1 - (1 - rates) ** goal.days) * wrong).clip(0, 1)).astype(np.int64)
    first = random.geometric(chance)
    arms = [_by_night(first[arm], x[arm], goal.days) for arm in (~held, held)]
    nights = list(zip(*arms, strict=True))
    pairs = [(test.arm, control.arm) for test, control in nights]
    whole = daily(goal.days, pairs)
    called = by_counts = last = False
    for night, moments in enumerate(nights, 1):
        done = called and by_counts and night < goal.days
        if done or not _suspicious(moments):
            continue
        looks = daily(goal.days, pairs[:night])
        # A night's limits are the first ones of the last night's; this is where they are kept.
        looks.__dict__["limits"] = whole.limits[:night]
        found = compare(*pairs[night - 1], looks, "maximize", goal.control, Known(moments))
        if found.headline is not None:
            by_counts |= verdict(found.headline, "maximize") != "inconclusive"
        last = found.verdict != "inconclusive"
        called |= last
        last &= night == goal.days
    early = whole.control_by_half() >= FEWEST_CONVERTED
    return by_counts, called, last, early and cuped(*nights[-1]) is not None


def _by_night(first: Numbers, x: Numbers, days: int) -> list[Moments]:
    """The sums of an arm on every night: `first` is the night on which each user first does it, `x`
    their likelihoods in 1e-6."""
    sums = int(x.sum()), int((x**2).sum())
    counted = np.bincount(first.clip(max=days + 1), minlength=days + 2)[1 : days + 1].cumsum()
    total = np.zeros(days + 2, np.int64)
    np.add.at(total, first.clip(max=days + 1), x)
    together = total[1 : days + 1].cumsum()
    return [
        Moments(len(x), did, *sums, xy)
        for did, xy in zip(counted.tolist(), together.tolist(), strict=True)
    ]


def _suspicious(moments: tuple[Moments, Moments]) -> bool:
    """Whether one look would call it an effect; no interval for many looks is sharper."""
    found = [difference(moments[0].arm, moments[1].arm)]
    if (adjusted := cuped(*moments)) is not None:
        found.append(adjusted.difference)
    return any(verdict(one, "maximize") != "inconclusive" for one in found)
