"""How far out must a result lie when it is looked at every night until a fixed end?

Who looks sixty times at 1.96 standard errors is fooled one time in three. Here the 5 % are spent
little by little, very little at first, so that all looks together err in 5 % and the last one is
nearly as sharp as a single look: repeated confidence intervals (Jennison and Turnbull 2000, Group
Sequential Methods, chapter 9) with the spending of Lan and DeMets 1983 (Biometrika 70) that has the
shape of O'Brien and Fleming's limits. Plain arithmetic: thin functions use it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from math import ceil, cos, erfc, exp, inf, pi, sqrt
from statistics import NormalDist

ALPHA = 0.04
"""All looks together miss in this part of all cases. 5 % are promised: one point is left for what
a normal distribution does not know of, few conversions in a small control group."""

WIDEST = 8.0
"""No limit lies further out, in standard errors: a miss beyond it has a chance of 1e-15."""

NODES_PER_STEP = 2.0
"""Points of the integral per standard deviation of a step: limits are right to 1e-5."""

REACH = 7.0
"""Standard deviations of a step beyond which its density, under 1e-11, is left out."""

FEWEST_NODES = 16
HALVINGS = 30
"""Of the range in which a limit may lie: it is then right to 1e-8."""


def spent(time: float, alpha: float = ALPHA) -> float:
    """The part of `alpha` that may be used up by `time`, a share of the period in (0, 1].

    Lan and DeMets' first spending function, two-sided: 4 (1 - Phi(z / sqrt(time))) with z the
    1 - alpha / 4 quantile; about 1e-9 after a tenth of the period, alpha at its end.
    """
    z = NormalDist().inv_cdf(1 - alpha / 4)
    return 2 * erfc(z / sqrt(2 * time))


@lru_cache(maxsize=64)
def limits(
    days: int,
    upto: int,
    information: tuple[float, ...] | None = None,
    alpha: float = ALPHA,
) -> tuple[float, ...]:
    """The two-sided limits, in standard errors, of the daily looks 1 to `upto` of `days`.

    Without any effect, all of them together are passed with the chance `alpha`.

    `information` has what each of those looks knew, on any scale (`arms.information`), and never
    falls; without it every day adds the same. What may be spent goes by the calendar either way, so
    that the end need not be known in the unit of information (Lan and DeMets 1989, Biometrics 45).
    A look without information has the limit WIDEST, one that adds none that of the look before.
    """
    times = information or tuple(float(day) for day in range(1, upto + 1))
    allowed = [spent(day / days, alpha) for day in range(1, upto + 1)]
    found: list[float] = []
    walk = Walk()
    for time, total in zip(times[:upto], allowed, strict=True):
        if time <= walk.time:
            found.append(found[-1] if found else WIDEST)
            continue
        found.append(walk.limit(time, total))
        walk.step(time, found[-1])
    return tuple(found)


def crossing(limits: Sequence[float], times: Sequence[float]) -> float:
    """The chance that a standard Brownian motion is beyond +-limit * sqrt(time) at any time.

    `times` rise; the recursive integration of Armitage, McPherson and Rowe 1969 (JRSS A 132).
    """
    walk = Walk()
    for limit, time in zip(limits, times, strict=True):
        walk.step(time, limit)
    return walk.lost


class Walk:
    """A Brownian motion that is stopped at symmetric limits, as a density on points of [0, edge].

    `lost` is the chance that it was stopped up to `time`.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.lost = 0.0
        self._points: list[float] = []
        self._mass: list[float] = []

    def beyond(self, time: float, limit: float) -> float:
        """The chance of being stopped for the first time at `time` by `limit` standard errors."""
        edge, spread = limit * sqrt(time), sqrt(2 * (time - self.time))
        if not self._points:
            return erfc(edge / spread)
        first = bisect_left(self._points, edge - REACH * spread)
        return sum(
            mass * (erfc((edge - x) / spread) + erfc((edge + x) / spread))
            for x, mass in zip(self._points[first:], self._mass[first:], strict=True)
        )

    def limit(self, time: float, total: float) -> float:
        """The limit at `time` with which `total` is lost in all; at most WIDEST."""
        low, high = 0.0, WIDEST
        if self.lost + self.beyond(time, high) >= total:
            return high
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if self.lost + self.beyond(time, middle) > total:
                low = middle
            else:
                high = middle
        return high

    def step(self, time: float, limit: float) -> None:
        """Go on to `time` and stop what lies beyond `limit` standard errors there."""
        self.lost += self.beyond(time, limit)
        edge, spread = limit * sqrt(time), sqrt(time - self.time)
        nodes = max(FEWEST_NODES, ceil(NODES_PER_STEP * edge / spread))
        points, weights = _gauss_legendre(nodes)
        at = [edge * x for x in points]
        before, masses = self._points or [0.0], self._mass or [0.5]
        reach, twice = REACH * spread, 2 * spread * spread
        height = edge / (spread * sqrt(2 * pi))
        mass = []
        for x, weight in zip(at, weights, strict=True):
            first, last = bisect_left(before, x - reach), bisect_right(before, x + reach)
            density = sum(
                part * exp(-((x - y) ** 2) / twice)
                for y, part in zip(before[first:last], masses[first:last], strict=True)
            )
            # The other half of the axis, mirrored.
            last = bisect_right(before, reach - x)
            density += sum(
                part * exp(-((x + y) ** 2) / twice)
                for y, part in zip(before[:last], masses[:last], strict=True)
            )
            mass.append(density * height * weight)
        self.time, self._points, self._mass = time, at, mass


@lru_cache(maxsize=256)
def _gauss_legendre(nodes: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Points and weights on [0, 1], by Newton's method on Legendre's polynomial."""
    points, weights = [], []
    for i in range(nodes):
        x = cos(pi * (i + 0.75) / (nodes + 0.5))
        step = inf
        while abs(step) > 1e-15:
            before, here = 1.0, x
            for k in range(2, nodes + 1):
                before, here = here, ((2 * k - 1) * x * here - (k - 1) * before) / k
            slope = nodes * (x * here - before) / (x * x - 1)
            step = here / slope
            x -= step
        points.append((1 - x) / 2)
        weights.append(1 / ((1 - x * x) * slope * slope))
    return tuple(points), tuple(weights)
