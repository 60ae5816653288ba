"""How a goal at work will end: what has come already, and what the days that remain may bring.

What remains is the sum of the open members' likelihoods. How wrong that may be follows the saved
forecast's own error, by two rules found on 32 goals of real shops, each looked at after an eighth,
a quarter, half and three quarters of its period:

- Weeks are odd one by one. The fewer remain, the less their oddness evens out: the variance of the
  logarithm of what remains is the forecast's, divided by the part of the period that remains. (Its
  standard deviation grew from .13 to .14, .18 and .25; the rule says .13, .14, .18 and .25.)
- What was odd so far says little of what is to come: of a surplus (or a lack) on the log scale, a
  quarter goes on. (Slopes between -.2 and +.5, mean .24.)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

from .goal import Direction
from .student_t import cdf, quantile

CARRIES_ON = 0.25


@dataclass(frozen=True)
class ForecastError:
    """The saved forecast's Student t on the log of the count: `scale` and `freedom`; `value` is
    the count."""

    value: float
    scale: float
    freedom: int


@dataclass(frozen=True)
class Ending:
    """`did` have done it by now; `remaining` more are expected, with the `scale` of their log, of
    which the variance `level` is the level's. There are `most` at most, None where nothing limits
    them."""

    did: int
    remaining: float
    scale: float
    freedom: int
    most: int | None
    level: float = 0.0

    @property
    def value(self) -> float:
        """The count expected when the period is over."""
        return self._within(self.did + self.remaining)

    @property
    def even(self) -> float:
        """The count that is as likely to be reached as not (see `interval.Spread`)."""
        return self._within(self.did + self._likely)

    @property
    def _likely(self) -> float:
        return self.remaining * exp(-self.level / 2)

    def interval(self, percent: int) -> tuple[float, float]:
        """The central interval of `percent` percent, within the members that there are."""
        reach = exp(quantile(0.5 + percent / 200, self.freedom) * self.scale)
        low, high = self.did + self._likely / reach, self.did + self._likely * reach
        return self._within(low), self._within(high)

    def reached(self, wanted: float, direction: Direction) -> float:
        """P(at least `wanted` members do it), or, minimizing, P(at most that many do)."""
        if direction == "minimize":
            return 1.0 - self._at_least(wanted + 1)
        return self._at_least(wanted)

    def _at_least(self, wanted: float) -> float:
        if wanted <= self.did:
            return 1.0
        if wanted > self._within(wanted) or self.remaining <= 0:
            return 0.0
        return 1.0 - cdf(log((wanted - self.did) / self._likely) / self.scale, self.freedom)

    def _within(self, count: float) -> float:
        return count if self.most is None else min(count, float(self.most))


def ending(
    error: ForecastError,
    *,
    did: int,
    expected_by_now: float,
    remaining: float,
    part_left: float,
    members: int,
) -> Ending:
    """The end as seen when `did` of `members` have done it where `expected_by_now` were forecast.

    `remaining` is the sum of the open members' likelihoods, `part_left` the part of the period's
    days that is still to come, in [0, 1]; at 0 nothing is open any more.
    """
    level = max(error.scale**2 - _noise(error.value), 0.0)
    surplus = log((did + 0.5) / (expected_by_now + 0.5))
    # A count of a few says as much of chance as of the level.
    told = level / (level + _noise(expected_by_now)) if level else 0.0
    remaining *= exp(CARRIES_ON * told * surplus)
    odd = level / part_left if part_left else 0.0
    scale = sqrt(odd + _noise(remaining)) if part_left else 0.0
    return Ending(did, min(remaining, members - did), scale, error.freedom, members, odd)


def of_events(users: Ending, *, did: int, per_user: float, wander: float) -> Ending:
    """The same of the number of events: `did` so far, `per_user` more for everybody who is still to
    do it, whose number per user has the variance `wander` on the log scale."""
    scale = sqrt(users.scale**2 + wander)
    return Ending(did, users.remaining * per_user, scale, users.freedom, None, users.level)


def _noise(count: float) -> float:
    """The variance of the log of a Poisson count."""
    return 1 / max(count, 0.5)
