"""Score intervals of Miettinen and Nurminen: which effects fit the counts well enough?

"Comparative analysis of two rates", Statistics in Medicine 4 (1985), with their N / (N - 1). An
effect is kept when the counts lie within `z` standard errors of it, the errors being those that it
would have if it were true. Plain arithmetic: thin functions use it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import acos, copysign, cos, exp, log, pi, sqrt

from ..goals.wilson import Z95
from .arms import Arm, Estimate, require_both

HALVINGS = 100
FURTHEST = 50.0
"""Log of the largest ratio that is looked at: far beyond what counts can tell."""


def score_difference(test: Arm, control: Arm, z: float = Z95) -> Estimate:
    """The difference of rates, test - control. Raises InvalidInput for an arm without users."""
    require_both(test, control)
    return stratified_difference([(test, control)], z)


def stratified_difference(strata: Sequence[tuple[Arm, Arm]], z: float = Z95) -> Estimate:
    """The difference of rates within strata, averaged: (test, control) of each.

    Weights are Mantel and Haenszel's, test * control / (test + control) users: of those that do not
    depend on the outcomes they give the least variance where the difference of rates is alike
    (Miettinen and Nurminen weigh by the outcomes, which biases strata with few). A stratum that
    lacks an arm tells nothing and has the weight 0. Raises InvalidInput where all do.
    """
    both = [pair for pair in strata if pair[0].users and pair[1].users]
    if not both:
        require_both(sum_of([test for test, _ in strata]), sum_of([arm for _, arm in strata]))
        require_both(Arm(1, 0), Arm(0, 0))
    weights = [test.users * control.users / (test.users + control.users) for test, control in both]
    total = sum(weights)
    value = sum(w * (t.rate - c.rate) for w, (t, c) in zip(weights, both, strict=True)) / total

    def distance(difference: float) -> float:
        variance = sum(
            (w / total) ** 2 * _variance(t, c, difference)
            for w, (t, c) in zip(weights, both, strict=True)
        )
        return _ratio(value - difference, variance)

    return Estimate(
        value,
        _root(lambda d: distance(d) - z, -1.0, value),
        _root(lambda d: distance(d) + z, value, 1.0),
    )


def relative_lift(test: Arm, control: Arm, z: float = Z95) -> Estimate:
    """The ratio of rates less 1: how many per cent more, as a part of the control's rate.

    No value where no control converted, and no upper bound either. The interval without N / (N - 1)
    is Koopman's (Biometrics 40, 1984). Raises InvalidInput for an arm without users.
    """
    require_both(test, control)
    value = test.rate / control.rate - 1 if control.converted else None
    if not test.converted and not control.converted:
        return Estimate(None, -1.0, None)

    def distance(log_ratio: float) -> float:
        ratio = exp(log_ratio)
        variance = _ratio_variance(test, control, ratio)
        return _ratio(test.rate - ratio * control.rate, variance)

    middle = log(value + 1) if value is not None and test.converted else 0.0
    low = high = None
    if test.converted:
        start = middle if control.converted else FURTHEST
        low = exp(_root(lambda r: distance(r) - z, -FURTHEST, start)) - 1
    if control.converted:
        start = middle if test.converted else -FURTHEST
        high = exp(_root(lambda r: distance(r) + z, start, FURTHEST)) - 1
    return Estimate(value, -1.0 if low is None else low, high)


def sum_of(arms: Sequence[Arm]) -> Arm:
    """All of them as one."""
    return sum(arms, Arm(0, 0))


def _variance(test: Arm, control: Arm, difference: float) -> float:
    """Of the observed difference, were the true one `difference`."""
    t, c = test.users, control.users
    users, did = t + c, test.converted + control.converted
    # The most likely control rate under that difference is a root of a cubic (their appendix I).
    l2 = ((t + 2 * c) * difference - users - did) / users
    l1 = ((c * difference - users - 2 * control.converted) * difference + did) / users
    l0 = control.converted * difference * (1 - difference) / users
    q = (l2 / 3) ** 3 - l1 * l2 / 6 + l0 / 2
    p = copysign(sqrt(max(0.0, (l2 / 3) ** 2 - l1 / 3)), q)
    angle = (pi + acos(max(-1.0, min(1.0, q / p**3)))) / 3 if p else pi / 2
    lower = max(0.0, min(1.0, 2 * p * cos(angle) - l2 / 3))
    upper = max(0.0, min(1.0, lower + difference))
    spread = upper * (1 - upper) / t + lower * (1 - lower) / c
    return spread * users / (users - 1)


def _ratio_variance(test: Arm, control: Arm, ratio: float) -> float:
    """Of test rate - ratio * control rate, were the ratio the true one (their appendix II)."""
    t, c = test.users, control.users
    users, did = t + c, test.converted + control.converted
    a = users * ratio
    b = -(t * ratio + test.converted + c + control.converted * ratio)
    root = sqrt(max(0.0, b * b - 4 * a * did))
    lower = min(1.0, 2 * did / (root - b))
    upper = min(1.0, ratio * lower)
    spread = upper * (1 - upper) / t + ratio * ratio * lower * (1 - lower) / c
    return spread * users / (users - 1)


def _ratio(distance: float, variance: float) -> float:
    if variance <= 0:
        return copysign(1e9, distance) if distance else 0.0
    return distance / sqrt(variance)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function passes 0 between `low` and `high`; an end where it does not."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
