"""The effect on an amount per user: revenue, opens, clicks. Plain arithmetic on sums.

Welch's interval needs a few dozen users with an amount in each arm. A control group of 1,000 has
six buyers, and then it is wrong in one case of seven: by chance there are few large amounts, and
with them goes the spread that should warn of it. There the variance is taken, as a score interval
takes it, from the mean that is asked about, with the amounts of both arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from ..errors import InvalidInput
from ..goals.newcombe import Bounds, square_and_add
from ..goals.student_t import quantile
from .arms import Estimate

FEW_PAYERS = 100
"""Users with an amount below which an arm's own spread is not trusted."""

FEW = 200
"""Degrees of freedom from which Student's t is a normal with a correction, right to 1e-5."""


@dataclass(frozen=True)
class Amounts:
    """One arm's amounts: users, how many have one other than 0, the sum, the sum of squares."""

    users: int
    payers: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.users

    @property
    def variance(self) -> float:
        """Of users, in the amount's unit squared."""
        return max(0.0, self.squares - self.total * self.mean) / (self.users - 1)


def difference_of_means(test: Amounts, control: Amounts, level: float = 0.95) -> Estimate:
    """Mean of test - mean of control.

    Welch's interval (1947, Biometrika 34); with fewer than FEW_PAYERS in an arm, and amounts above
    0, the `limits` of both means, added as squares. Raises InvalidInput for an arm with fewer than
    2 users.
    """
    _require_two(test, control)
    value = test.mean - control.mean
    if _few(test, control):
        return Estimate(value, *square_and_add(*_sides(test, control, level)))
    parts = [arm.variance / arm.users for arm in (test, control)]
    variance = sum(parts)
    if variance == 0:
        return Estimate(value, value, value)
    freedom = variance**2 / sum(
        part**2 / (arm.users - 1) for part, arm in zip(parts, (test, control), strict=True)
    )
    reach = student(level, freedom) * sqrt(variance)
    return Estimate(value, value - reach, value + reach)


def relative_lift_of_means(test: Amounts, control: Amounts, level: float = 0.95) -> Estimate:
    """The ratio of means less 1; nothing where the control's mean is not above 0.

    By the delta method: the variance of the ratio is var(test) / control^2 + var(control) test^2 /
    control^4 (Casella and Berger 2002, Statistical Inference, 5.5.4). With fewer than FEW_PAYERS in
    an arm from the `limits` of both means (Donner and Zou 2012, Statistical Methods in Medical
    Research 21, equation 9). Raises InvalidInput for an arm with fewer than 2 users.
    """
    _require_two(test, control)
    if control.mean <= 0:
        return Estimate(None, None, None)
    ratio = test.mean / control.mean
    if _few(test, control):
        x, (low_x, high_x), y, (low_y, high_y) = _sides(test, control, level)
        least = low_x * (2 * x - low_x)
        most = low_y * (2 * y - low_y)
        low = least / (x * y + sqrt((x * y) ** 2 - least * high_y * (2 * y - high_y)))
        high = (x * y + sqrt((x * y) ** 2 - most * high_x * (2 * x - high_x))) / most
        return Estimate(ratio - 1, low - 1, high - 1)
    variance = (
        test.variance / test.users + control.variance / control.users * ratio**2
    ) / control.mean**2
    reach = NormalDist().inv_cdf((1 + level) / 2) * sqrt(variance)
    return Estimate(ratio - 1, ratio - 1 - reach, ratio - 1 + reach)


def limits(arm: Amounts, scale: float, level: float = 0.95) -> Bounds:
    """The interval of an arm's mean when amounts have the variance mean * (scale - mean).

    So it is where few users have an amount: the variance grows with how many have one, and `scale`,
    sum of squares / sum, is the mean amount as money meets it. Solving (mean - x)^2 = z^2 variance
    / users for x gives Wilson's interval for amounts of 1, and its like for others.
    """
    weight = NormalDist().inv_cdf((1 + level) / 2) ** 2 / arm.users
    middle = 2 * arm.mean + weight * scale
    root = sqrt(max(0.0, middle**2 - 4 * (1 + weight) * arm.mean**2))
    return (middle - root) / (2 * (1 + weight)), (middle + root) / (2 * (1 + weight))


def student(level: float, freedom: float) -> float:
    """The two-sided quantile of Student's t, for `freedom` >= 1 degrees that need not be whole."""
    p = (1 + level) / 2
    if freedom < FEW:
        whole = max(1, int(freedom))
        # Quantiles are nearly straight lines in 1 / freedom.
        part = (1 / whole - 1 / max(1.0, freedom)) / (1 / whole - 1 / (whole + 1))
        return (1 - part) * quantile(p, whole) + part * quantile(p, whole + 1)
    z = NormalDist().inv_cdf(p)
    # Abramowitz and Stegun (1964), 26.7.5
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _few(test: Amounts, control: Amounts) -> bool:
    """Is an arm's own spread too unsure, and the other way open? It needs amounts above 0."""
    return (
        min(test.payers, control.payers) < FEW_PAYERS
        and test.total + control.total > 0
        and (test.total >= 0 and control.total >= 0)
    )


def _sides(test: Amounts, control: Amounts, level: float) -> tuple[float, Bounds, float, Bounds]:
    """Mean and limits of test, mean and limits of control; few payers borrow the others' scale."""
    pooled = (test.squares + control.squares) / (test.total + control.total)
    own, other = (
        limits(arm, pooled if arm.payers < FEW_PAYERS else arm.squares / arm.total, level)
        for arm in (test, control)
    )
    return test.mean, own, control.mean, other


def _require_two(*arms: Amounts) -> None:
    for arm in arms:
        if arm.users < 2:
            raise InvalidInput(
                f"an arm has {arm.users} users, a spread needs 2 or more: hold more users back"
            )
