"""How sure is the difference of two observed rates? Newcombe's interval, in plain arithmetic."""

from __future__ import annotations

from math import sqrt

from .wilson import Z95, wilson

Bounds = tuple[float, float]


def newcombe95(did: int, users: int, did_other: int, users_other: int) -> Bounds | None:
    """The 95 % interval of `did / users - did_other / users_other`; None where a side is empty."""
    return newcombe(did, users, did_other, users_other, Z95)


def newcombe(
    did: float, users: float, did_other: float, users_other: float, z: float
) -> Bounds | None:
    """The interval of a difference of rates that reaches `z` standard errors to each side.

    Newcombe 1998, "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", Statistics in Medicine 17, method 10 (hybrid score): the reaches
    of the two Wilson intervals, added as squares. It stays within -1..1 and holds where one side is
    small and the rate is low, where rate +- 2 standard errors is wrong a third of the time. None
    where a side is empty.
    """
    one, other = wilson(did, users, z), wilson(did_other, users_other, z)
    if one is None or other is None:
        return None
    return square_and_add(did / users, one, did_other / users_other, other)


def square_and_add(rate: float, bounds: Bounds, rate_other: float, bounds_other: Bounds) -> Bounds:
    """The interval of `rate - rate_other` from an interval of each.

    Reaches of independent rates add as squares, each side with the limits that it meets (Zou and
    Donner 2008, Statistics in Medicine 27, call it MOVER).
    """
    difference = rate - rate_other
    below = sqrt((rate - bounds[0]) ** 2 + (bounds_other[1] - rate_other) ** 2)
    above = sqrt((bounds[1] - rate) ** 2 + (rate_other - bounds_other[0]) ** 2)
    return difference - below, difference + above
