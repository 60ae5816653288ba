"""Goals looked at every night until their end: how often is there ever a verdict?

Members have likelihoods of their own, known before up to some noise, and do it on any day at the
rate that these say. The verdict is the product's: by counts, or by what the likelihood leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from intent_segments.campaigns.comparison import Known, compare
from intent_segments.campaigns.cuped import Moments
from intent_segments.campaigns.daily import Daily, daily
from intent_segments.campaigns.uplift import verdict

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
    rates = random.gamma(goal.shape, goal.scale, goal.users).clip(0, 0.5)
    held = random.random(goal.users) < goal.control
    chance = rates + np.where(held, 0.0, goal.lift * goal.shape * goal.scale)
    wrong = np.exp(random.normal(0, NOISE, goal.users))
    x = np.rint(1e6 * ((1 - (1 - rates) ** goal.days) * wrong).clip(0, 1)).astype(np.int64)
    arms = [~held, held]
    sums = [(int(arm.sum()), int(x[arm].sum()), int((x[arm] ** 2).sum())) for arm in arms]
    did = np.zeros(goal.users, bool)
    nights: list[tuple[Moments, Moments]] = []
    for _ in range(goal.days):
        did |= random.random(goal.users) < chance
        test, control = (
            Moments(users, int(did[arm].sum()), total, squares, int(x[arm & did].sum()))
            for arm, (users, total, squares) in zip(arms, sums, strict=True)
        )
        nights.append((test, control))
    called = by_counts = False
    for moments, looks in zip(nights, _looks(goal.days, nights), strict=True):
        pair = (moments[0].arm, moments[1].arm)
        found = compare(*pair, looks, "maximize", goal.control, Known(moments))
        if found.headline is not None:
            by_counts |= verdict(found.headline, "maximize") != "inconclusive"
        called |= found.verdict != "inconclusive"
    return by_counts, called, found.verdict != "inconclusive", found.by_likelihood


def _looks(days: int, nights: Sequence[tuple[Moments, Moments]]) -> Iterator[Daily]:
    """The looks as every night has them. A night's limits are the first ones of the last night's,
    so they are worked out once."""
    pairs = [(test.arm, control.arm) for test, control in nights]
    limits = daily(days, pairs).limits
    for night in range(1, days + 1):
        looks = daily(days, pairs[:night])
        looks.__dict__["limits"] = limits[:night]  # where functools.cached_property keeps it
        yield looks
