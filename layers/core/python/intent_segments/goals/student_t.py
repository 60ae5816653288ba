"""Student's t distribution for whole degrees of freedom, without a numerical library.

The API answers in milliseconds from a small package, which holds neither numpy nor scipy. The sums
are finite and exact: Abramowitz and Stegun (1964), Handbook of Mathematical Functions, 26.7.3-4.
"""

from __future__ import annotations

from math import atan, cos, pi, sin, sqrt

STEPS = 80
"""Halvings of an interval 2 * 10^3 wide: far beyond float precision."""


def cdf(t: float, freedom: int) -> float:
    """P(T <= t) for `freedom` >= 1 degrees of freedom."""
    inside = _inside(abs(t), freedom)
    return (1 + inside) / 2 if t >= 0 else (1 - inside) / 2


def quantile(p: float, freedom: int) -> float:
    """The t with P(T <= t) = p, for p in (0.001, 0.999)."""
    low, high = -1e3, 1e3
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def _inside(t: float, freedom: int) -> float:
    """P(-t <= T <= t)."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(angle) if odd else 1.0
    total, next_power = 0.0, 2 if odd else 1
    for power in range(next_power, freedom, 2):
        total += term
        term *= cos(angle) ** 2 * power / (power + 1)
    if not odd:
        return sin(angle) * total
    return (angle + sin(angle) * total) * 2 / pi
