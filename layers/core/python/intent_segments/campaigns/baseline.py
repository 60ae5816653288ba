"""Organic or campaign? What the test users did, beside what they would have done anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidInput
from ..goals.wilson import wilson95
from .arms import Arm, Estimate
from .daily import Daily
from .effect import at_limit, incremental


@dataclass(frozen=True)
class Day:
    """One day of three lines, in test users who did it up to its end.

    `actual` came; `baseline` is what the control group's rate makes of the test users, with the
    interval of that rate; `forecast` is the day-0 forecast, scaled to the test users, or None.
    `incremental` is actual - baseline with the interval that may be looked at every day.
    """

    actual: int
    baseline: Estimate
    incremental: Estimate
    forecast: float | None


def lines(daily: Daily, forecast: Sequence[float] | None = None) -> list[Day | None]:
    """The lines of every day so far, None for a day that nobody could look at, or on which an arm
    was empty.

    `forecast` counts the whole target group, both arms, on each of these days at least. Raises
    InvalidInput for a forecast with fewer days than came.
    """
    if forecast is not None and len(forecast) < len(daily.looks):
        raise InvalidInput(
            f"the forecast has {len(forecast)} days, {len(daily.looks)} came: give one per day"
        )
    found: list[Day | None] = []
    for index, (pair, limit) in enumerate(zip(daily.looks, daily.limits, strict=True)):
        if pair is None or not pair[0].users or not pair[1].users:
            found.append(None)
            continue
        test, control = pair
        share = test.users / (test.users + control.users)
        found.append(
            Day(
                actual=test.converted,
                baseline=implied(test, control),
                incremental=incremental(at_limit(test, control, limit), test),
                forecast=None if forecast is None else forecast[index] * share,
            )
        )
    return found


def implied(test: Arm, control: Arm) -> Estimate:
    """Test users who would have done it had they done it like control, with the 95 % interval of
    the control's rate (Wilson's)."""
    low, high = wilson95(control.converted, control.users) or (0.0, 1.0)
    return Estimate(control.rate * test.users, low * test.users, high * test.users)
