"""How sure is an observed rate? Wilson's interval, in plain arithmetic: thin functions use it."""

from __future__ import annotations

from math import sqrt

Z95 = 1.959964
"""The 97.5 % quantile of the normal distribution."""


def wilson95(did: int, users: int) -> tuple[float, float] | None:
    """The 95 % interval of a rate of `did` out of `users`; None without users."""
    return wilson(did, users, Z95)


def wilson(did: float, users: float, z: float) -> tuple[float, float] | None:
    """The interval of a rate of `did` out of `users` that reaches `z` standard errors to each side.

    None without users. Wilson 1927, "Probable inference, the law of succession, and statistical
    inference", JASA 22: unlike rate +- 2 standard errors it stays within 0..1 and holds at small
    counts.
    """
    if users <= 0:
        return None
    rate, weight = did / users, z**2 / users
    centre = (rate + weight / 2) / (1 + weight)
    reach = z * sqrt(rate * (1 - rate) / users + weight / (4 * users)) / (1 + weight)
    return max(0.0, centre - reach), min(1.0, centre + reach)
