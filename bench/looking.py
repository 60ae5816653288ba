"""Campaigns drawn by chance and looked at every day: how often does an interval ever miss?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt

from intent_segments.campaigns.arms import Arm, Estimate, information
from intent_segments.campaigns.effect import at_limit, difference, mixture_limit
from intent_segments.campaigns.looks import limits
from intent_segments.campaigns.score import relative_lift, score_difference

DAYS = 60
CONTROL = 0.05

PATHS = {
    "even": np.arange(1, DAYS + 1) / DAYS,
    "early": 1 - np.exp(-np.arange(1, DAYS + 1) / 10),
    "late": np.expm1(np.arange(1, DAYS + 1) / 12),
}
"""How the part of the period's conversions that came up to each day grows."""

FORECAST_OFF = 0.3
"""Standard deviation of the logarithm by which forecasts of the conversions are off."""

SURELY_INSIDE = 0.6
"""A truth within Newcombe's interval at this part of the limit is within the interval at it."""

Counts = npt.NDArray[np.int64]
Pair = tuple[Arm, Arm]


@dataclass(frozen=True)
class Campaign:
    """Users of both arms, the rate without campaign, what the campaign makes of it."""

    users: int
    base: float
    lift: float = 0.0
    path: str = "even"

    @property
    def name(self) -> str:
        return f"{self.users:,} users, {100 * self.base:.3g} %, {self.path}"

    def truth(self) -> npt.NDArray[np.float64]:
        """The true difference of rates up to each day."""
        return self.base * self.lift * self.grown()

    def grown(self) -> npt.NDArray[np.float64]:
        path = PATHS[self.path]
        return path / path[-1]


@dataclass(frozen=True)
class Errors:
    """Of `trials` campaigns: how often the last day's interval held the truth (Newcombe's, the
    score interval, that of the relative lift); how often any of the daily intervals missed (one
    look's, repeated, always valid with a forecast of the conversions and without); widths on the
    last day, all together, in parts of one look's.
    """

    trials: int
    newcombe: float
    score: float
    ratio: float
    naive: float
    repeated: float
    always_valid: float
    unforecast: float
    repeated_width: float
    always_valid_width: float
    unforecast_width: float


def looked_at(campaign: Campaign, trials: int, seed: int) -> Errors:
    """Draw the campaign `trials` times; the same seed gives the same draws."""
    truth = campaign.truth()
    held, missed, widths = np.zeros(3), np.zeros(4), np.zeros(4)
    off = np.exp(np.random.default_rng((seed, 1)).normal(0, FORECAST_OFF, trials))
    forecasts = campaign.users * (campaign.base * off).clip(0, 1)
    for days, forecast in zip(drawn(campaign, trials, seed), forecasts.tolist(), strict=True):
        last, once = days[-1], difference(*days[-1])
        held += [
            holds(once, truth[-1]),
            holds(score_difference(*last), truth[-1]),
            holds(relative_lift(*last), campaign.lift),
        ]
        knows = information([t.converted + c.converted for t, c in days], campaign.users)
        [promised] = information([forecast], campaign.users)
        so_far = [knows[: day + 1] for day in range(DAYS)]
        always = [mixture_limit(known, promised) for known in so_far]
        unforecast = [mixture_limit(known) for known in so_far]
        spent = limits(DAYS, DAYS, knows)
        for kind, z in enumerate((spent, always, unforecast), 1):
            missed[kind] += any(map(misses, days, z, truth))
            widths[kind] += width(at_limit(*last, z[-1]))
        missed[0] += any(
            not holds(difference(*day), at) for day, at in zip(days, truth, strict=True)
        )
        widths[0] += width(once)
    return Errors(trials, *held / trials, *missed / trials, *widths[1:] / widths[0])


def drawn(campaign: Campaign, trials: int, seed: int) -> Iterator[list[Pair]]:
    """Test and control up to each day, trial by trial. Control is a Bernoulli draw per user."""
    random = np.random.default_rng(seed)
    held = random.binomial(campaign.users, CONTROL, trials)
    rates = campaign.base * campaign.grown()
    sizes = (campaign.users - held).tolist(), held.tolist()
    counts = (
        converted(random, campaign.users - held, rates * (1 + campaign.lift)).tolist(),
        converted(random, held, rates).tolist(),
    )
    for test, control, did, did_control in zip(*sizes, *counts, strict=True):
        pairs = zip(did, did_control, strict=True)
        yield [(Arm(test, t), Arm(control, c)) for t, c in pairs]


def converted(random: np.random.Generator, users: Counts, rates: npt.NDArray[np.float64]) -> Counts:
    """Users who did it up to each day: (trials, days), of `users` per trial at growing `rates`."""
    total = np.zeros((len(users), len(rates)), np.int64)
    so_far, before = np.zeros(len(users), np.int64), 0.0
    for day, rate in enumerate(rates):
        so_far = so_far + random.binomial(users - so_far, (rate - before) / (1 - before))
        total[:, day], before = so_far, rate
    return total


def misses(day: Pair, z: float, truth: float) -> bool:
    """Does the day's interval at `z` standard errors leave the truth out?"""
    test, control = day
    nearer = difference(test, control, z * SURELY_INSIDE)
    return not holds(nearer, truth) and not holds(at_limit(test, control, z), truth)


def holds(interval: Estimate, truth: float) -> bool:
    low = -inf if interval.low is None else interval.low
    return low <= truth <= (inf if interval.high is None else interval.high)


def width(interval: Estimate) -> float:
    assert interval.low is not None and interval.high is not None
    return interval.high - interval.low
