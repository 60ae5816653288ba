"""Is the split what it was meant to be? A sample ratio mismatch makes every effect worthless.

When 5 % were to be held back and 6 % of a million were, something chose them, and whatever chose
them may be what the comparison shows (Fabijan and others 2019, "Diagnosing sample ratio mismatch
in online controlled experiments").
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, lgamma, log, log1p, sqrt
from typing import Any

from ..errors import InvalidInput

ALPHA = 0.001
"""The check goes with every look at every goal: it has to be rarely wrong (Fabijan and others)."""

FEW = 50
"""Expected users of an arm up to which the binomial distribution itself is asked."""

SAME = 1 + 1e-7
"""Chances within this factor are the same one, rounded."""


@dataclass(frozen=True)
class SampleRatio:
    """How likely a split this far from the meant one is; `ok` is false from ALPHA down."""

    p_value: float

    @property
    def ok(self) -> bool:
        return self.p_value >= ALPHA

    def to_json(self) -> dict[str, Any]:
        return {"p_value": self.p_value, "ok": self.ok}


def check_share(share: float, field: str = "control_share") -> float:
    """A share of users to hold back, strictly between 0 and 1. Raises InvalidInput otherwise."""
    if not 0 < share < 1:
        raise InvalidInput.at(
            field, f"{field} must lie between 0 and 1, as in 0.05 for 5 %, not {share}"
        )
    return share


def sample_ratio(test_users: int, control_users: int, control_share: float) -> SampleRatio:
    """The chi-square test of the split; the exact binomial one where few are expected in an arm.

    Raises InvalidInput for a share outside (0, 1).
    """
    check_share(control_share)
    users = test_users + control_users
    expected = users * control_share
    if min(expected, users - expected) < FEW:
        return SampleRatio(_binomial(control_users, users, control_share))
    squared = (control_users - expected) ** 2 / (expected * (1 - control_share))
    return SampleRatio(erfc(sqrt(squared / 2)))


def _binomial(did: int, users: int, share: float) -> float:
    """The chance of every count that is no likelier than `did`."""

    def chance(k: int) -> float:
        ways = lgamma(users + 1) - lgamma(k + 1) - lgamma(users - k + 1)
        return exp(ways + k * log(share) + (users - k) * log1p(-share))

    # Likelihoods fall to both sides of the mode: from each end, sum until they exceed what came.
    bound, total = chance(did) * SAME, 0.0
    mode = int((users + 1) * share)
    for step, start in ((1, mode + 1), (-1, min(mode, users))):
        k = start
        while 0 <= k <= users:
            here = chance(k)
            if here <= bound:
                total += here
                if here <= total * 1e-15:
                    break
            k += step
    return min(1.0, total)
