"""Less noise by what was known before: CUPED with the likelihood before exposure.

Users differ in how likely they are to do it anyway. What their likelihood explains is no news about
the campaign and is taken out of both arms (Deng, Xu, Kohavi and Walker 2013, "Improving the
sensitivity of online controlled experiments by utilizing pre-experiment data"), with a slope of
each arm's own, which never loses precision in large samples (Lin 2013, Annals of Applied Statistics
7). Errors are robust: they are those of the mean residual, whatever the residuals look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from ..goals.wilson import Z95
from .arms import Arm, Estimate

FEWEST_CONVERTED = 100
"""Conversions in the control group below which a slope is guesswork and normal errors are wrong."""


@dataclass(frozen=True)
class Moments:
    """One arm's likelihoods x before exposure and outcomes y (1 did it, 0 not): sums over users.

    Whole numbers, in any unit of x (millionths), keep the sums exact and free of their order.
    """

    users: int
    converted: int
    x: float
    xx: float
    xy: float

    @property
    def arm(self) -> Arm:
        return Arm(self.users, self.converted)

    def spread(self, a: float, b: float, ab: float) -> float:
        """Covariance of two columns from their sums and the sum of their products."""
        return (self.users * ab - a * b) / (self.users * (self.users - 1))


@dataclass(frozen=True)
class Cuped:
    """The adjusted difference; `variance_saved` is the part of its variance that went."""

    difference: Estimate
    variance_saved: float

    def to_json(self) -> dict[str, Any]:
        return {**self.difference.to_json(), "variance_saved": self.variance_saved}


def cuped(test: Moments, control: Moments, z: float = Z95) -> Cuped | None:
    """The difference of rates at equal likelihoods; None below FEWEST_CONVERTED in control.

    None too where nobody's likelihood differs within an arm, or everybody in it did the same.
    """
    if control.converted < FEWEST_CONVERTED or test.users < 3 or control.users < 3:
        return None
    lines = [_line(arm) for arm in (test, control)]
    if any(spread_x <= 0 or spread_y <= 0 for spread_x, spread_y, _ in lines):
        return None
    users = test.users + control.users
    x, xx = test.x + control.x, test.xx + control.xx
    centre = x / users
    means, plain, adjusted, slopes = [], 0.0, 0.0, []
    for arm, (spread_x, spread_y, together) in zip((test, control), lines, strict=True):
        slope = together / spread_x
        residual = (spread_y - slope * together) * (arm.users - 1) / (arm.users - 2)
        means.append(arm.converted / arm.users - slope * (arm.x / arm.users - centre))
        plain += spread_y / arm.users
        adjusted += residual / arm.users
        slopes.append(slope)
    # The centre is an estimate as well, which matters where the slopes differ.
    adjusted += (slopes[0] - slopes[1]) ** 2 * (users * xx - x * x) / (users * (users - 1)) / users
    value, reach = means[0] - means[1], z * sqrt(adjusted)
    return Cuped(Estimate(value, value - reach, value + reach), 1 - adjusted / plain)


def _line(arm: Moments) -> tuple[float, float, float]:
    """Variance of likelihoods, variance of outcomes, covariance."""
    y = arm.converted
    return arm.spread(arm.x, arm.x, arm.xx), arm.spread(y, y, y), arm.spread(arm.x, y, arm.xy)
