"""An amount per user, test against control, as it stands tonight: revenue, opens, clicks."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt
from typing import Any

from .arms import Estimate
from .means import Amounts, difference_of_means, relative_lift_of_means

FURTHEST = 6.0
"""Standard errors up to which an interval of means is worked out: a level of 1 - 2e-9."""


@dataclass(frozen=True)
class AmountComparison:
    """Means per user and their difference: `difference` for one look, `repeated` for all of them up
    to the newest; `relative` and `in_all`, the difference times the users of test, hold as that
    does. None where an arm has fewer than 2 users, or an interval would reach too far."""

    test: Amounts
    control: Amounts
    difference: Estimate | None = None
    repeated: Estimate | None = None
    relative: Estimate | None = None
    in_all: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "test": _arm(self.test),
            "control": _arm(self.control),
            "difference": _json(self.difference),
            "repeated": _json(self.repeated),
            "relative": _json(self.relative),
            "in_all": _json(self.in_all),
        }


def compare_amounts(
    test: Amounts, control: Amounts, limit: float | None, sound: bool
) -> AmountComparison:
    """The comparison at `limit` standard errors; None for a single look. Without effects where the
    split is not `sound`."""
    if not sound or test.users < 2 or control.users < 2:
        return AmountComparison(test, control)
    once = difference_of_means(test, control)
    if limit is not None and limit > FURTHEST:
        return AmountComparison(test, control, difference=once)
    level = 0.95 if limit is None else erf(limit / sqrt(2))
    safe = difference_of_means(test, control, level)
    return AmountComparison(
        test,
        control,
        difference=once,
        repeated=None if limit is None else safe,
        relative=relative_lift_of_means(test, control, level),
        in_all=Estimate(*(_times(part, test.users) for part in (safe.value, safe.low, safe.high))),
    )


def _times(part: float | None, users: int) -> float | None:
    return None if part is None else part * users


def _arm(arm: Amounts) -> dict[str, Any]:
    return {
        "users": arm.users,
        "total": arm.total,
        "per_user": arm.mean if arm.users else None,
    }


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.to_json()
