"""How sure is an observed rate, far out? Jeffreys' interval, in plain arithmetic.

Intervals that are looked at often reach three standard errors and more. There Wilson's interval is
wrong at small counts (one conversion among few expected lies "beyond" any number of standard
errors), while the quantiles of a beta distribution keep the chance of each side.
"""

from __future__ import annotations

from functools import lru_cache
from math import erfc, exp, lgamma, log, log1p, sqrt

CONVERGED = 1e-13
TERMS = 100_000
STEPS = 100
LOWEST_LOGIT = -700.0
"""Below it, e to the logit is no number that a float can hold."""


@lru_cache(maxsize=4096)
def jeffreys(did: int, users: int, z: float) -> tuple[float, float]:
    """The interval of a rate of `did` out of `users` > 0, each side missed as a normal's at `z`.

    Quantiles of Beta(did + 1/2, users - did + 1/2), with 0 below where nobody did it and 1 above
    where all did: Brown, Cai and DasGupta 2001, "Interval estimation for a binomial proportion",
    Statistical Science 16.
    """
    a, b, tail = did + 0.5, users - did + 0.5, erfc(z / sqrt(2)) / 2
    low = _quantile(a, b, tail) if did else 0.0
    high = 1 - _quantile(b, a, tail) if did < users else 1.0
    return low, high


def _quantile(a: float, b: float, tail: float) -> float:
    """The x below which Beta(a, b) has the chance `tail` < 1/2.

    Newton's method on the log of the chance over the logit of x: that curve is concave, so that
    every step but the first stops short of the root and comes closer to it.
    """
    wanted, ways = log(tail), lgamma(a + b) - lgamma(a) - lgamma(b)
    logit = log(a / b) - sqrt(-2 * wanted * (1 / a + 1 / b))
    for _ in range(STEPS):
        x = 1 / (1 + exp(-logit))
        density = ways + a * log(x) + b * log1p(-x)
        below = density - log(a) + log(_fraction(a, b, x))
        step = (wanted - below) * exp(below - density)
        logit = max(LOWEST_LOGIT, logit + step)
        if abs(step) < CONVERGED or logit == LOWEST_LOGIT:
            break
    return 1 / (1 + exp(-logit))


def _fraction(a: float, b: float, x: float) -> float:
    """Abramowitz and Stegun (1964), 26.5.8, by Lentz's method; for x under the mean of Beta(a, b).

    The chance below x is x^a (1 - x)^b / (a B(a, b)) times this.
    """
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < CONVERGED:
            break
    return fraction
