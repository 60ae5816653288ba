"""The effect on a share of users: the difference, the users it stands for, and safe looks at it.

Three intervals of the same difference answer three ways of looking. `difference` is for one look,
when the period is over. `repeated` is for a look every night until a fixed end. `always_valid` is
for looks without any plan. All hold with few conversions in a small control group.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

from ..goals.newcombe import newcombe, square_and_add
from ..goals.wilson import Z95
from .arms import Arm, Estimate, require_both
from .jeffreys import jeffreys
from .looks import WIDEST, limits

MISSED = 0.05
"""The part of all cases in which an always valid interval ever misses, at most."""

SHARPEST_AFTER = 60
"""Days after which the always valid interval is at its sharpest where nothing was forecast."""

SHARPEST_CLOCK = 8.4
"""Where sqrt((1 + 1 / v) (log(1 / alpha^2) + log(1 + v))) is least for alpha = 0.05: 3.03."""

SHARPEST_AT = 0.5
"""The part of the forecast information at which it is at its sharpest. Too high a forecast costs
less sharpness than one that is too low: with one half, the last interval is under 1.6 times one
look's as long as from a fifth to twice of what was forecast comes."""


def difference(test: Arm, control: Arm, z: float = Z95) -> Estimate:
    """Rate of test - rate of control, with Newcombe's interval, for one look at the end.

    Raises InvalidInput for an arm without users.
    """
    require_both(test, control)
    bounds = newcombe(test.converted, test.users, control.converted, control.users, z)
    assert bounds is not None  # both arms have users
    return Estimate(test.rate - control.rate, *bounds)


def incremental(effect: Estimate, test: Arm) -> Estimate:
    """The test users that the difference stands for: who did it because they were reached."""
    return Estimate(*(_times(part, test.users) for part in (effect.value, effect.low, effect.high)))


def repeated(
    test: Arm,
    control: Arm,
    day: int,
    days: int,
    information: Sequence[float] | None = None,
) -> Estimate:
    """The difference on `day` of `days`, looked at every day up to a fixed end.

    All daily intervals together miss in under 5 % of all goals (`looks.limits`). `information` is
    that of the days so far (`arms.information`); without it every day is taken to add the same,
    which is on the safe side where the later days add less. Raises InvalidInput for an arm
    without users.
    """
    knows = None if information is None else tuple(information)
    return at_limit(test, control, limits(days, day, knows)[-1])


def always_valid(
    test: Arm,
    control: Arm,
    information: Sequence[float],
    forecast: float | None = None,
) -> Estimate:
    """The difference after `len(information)` days, however often and however long it is looked at.

    `information` is that of every day so far (`arms.information`), `forecast` what it was forecast
    to be in the end before anybody was reached, if it was. Robbins' normal mixture (1970,
    Annals of Mathematical Statistics 41; as an asymptotic sequence Waudby-Smith, Arbour, Sinha,
    Kennedy and Ramdas 2024, Annals of Statistics 52): with the clock v, all limits
    sqrt((1 + 1 / v) log((1 + v) / alpha^2)) together are passed with a chance of alpha. Raises
    InvalidInput for an arm without users.
    """
    return at_limit(test, control, mixture_limit(information, forecast))


def mixture_limit(information: Sequence[float], forecast: float | None = None) -> float:
    """The limit of `always_valid`, in standard errors; at most WIDEST."""
    v = clock(information, forecast)
    if not v:
        return WIDEST
    return min(sqrt((1 + 1 / v) * (log(1 / MISSED**2) + log(1 + v))), WIDEST)


def clock(information: Sequence[float], forecast: float | None = None) -> float:
    """The mixture's time: information over a constant.

    The constant has to be known beforehand, and says when the interval is sharpest. A `forecast` of
    the information in the end sets it. Without one it is days over a constant, or faster where
    information comes faster.

    Days are known beforehand, so the interval's width is too. But limits are passed less often the
    slower information grows in proportion; where it grows faster than days do, the clock
    goes with it: v = information * max(day / information so far) / constant. Then neighbouring
    looks are at least as correlated as the clock says, which by Royen's inequality (2014, Far East
    Journal of Theoretical Statistics 48) makes passing a limit less likely.
    """
    if forecast is not None:
        return information[-1] / (SHARPEST_AT * forecast) * SHARPEST_CLOCK
    unit = SHARPEST_AFTER / SHARPEST_CLOCK
    scales = [day / known for day, known in enumerate(information, 1) if known > 0]
    if not scales:
        return len(information) / unit
    return information[-1] * max(scales) / unit


def at_limit(test: Arm, control: Arm, z: float) -> Estimate:
    """The difference with an interval `z` standard errors out, never sharper than one look's.

    Jeffreys' limits of each rate, added as squares: far out, Newcombe's own are wrong in both
    directions at small counts. Raises InvalidInput for an arm without users.
    """
    once = difference(test, control)
    low, high = square_and_add(
        test.rate,
        jeffreys(test.converted, test.users, z),
        control.rate,
        jeffreys(control.converted, control.users, z),
    )
    assert once.low is not None and once.high is not None
    return Estimate(once.value, min(once.low, low), max(once.high, high))


def _times(part: float | None, users: int) -> float | None:
    return None if part is None else part * users
