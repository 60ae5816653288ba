"""Organic or campaign? What the test users did, beside what they would have done anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidInput
from ..goals.wilson import wilson95
from .arms import Arm, Estimate, require_both
from .effect import incremental, repeated


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


def lines(
    test_users: int,
    control_users: int,
    converted: Sequence[tuple[int, int]],
    days: int,
    forecast: Sequence[float] | None = None,
) -> list[Day]:
    """(test, control) users who did it up to the end of each day so far of `days` -> the lines.

    `forecast` counts the whole target group, both arms, on each of these days at least. Raises
    InvalidInput for an empty arm, for more days than `days`, or a forecast with fewer than given.
    """
    if len(converted) > days:
        raise InvalidInput(f"{len(converted)} days are given of a period of {days}: give its days")
    if forecast is not None and len(forecast) < len(converted):
        raise InvalidInput(
            f"the forecast has {len(forecast)} days, {len(converted)} came: give one value per day"
        )
    found = []
    for index, (test_did, control_did) in enumerate(converted):
        test, control = Arm(test_users, test_did), Arm(control_users, control_did)
        require_both(test, control)
        bounds = wilson95(control_did, control_users) or (0.0, 1.0)
        baseline = Estimate(
            control.rate * test_users, bounds[0] * test_users, bounds[1] * test_users
        )
        share = test_users / (test_users + control_users)
        found.append(
            Day(
                actual=test_did,
                baseline=baseline,
                incremental=incremental(repeated(test, control, index + 1, days), test),
                forecast=None if forecast is None else forecast[index] * share,
            )
        )
    return found
