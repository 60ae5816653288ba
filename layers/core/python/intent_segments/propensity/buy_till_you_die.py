"""BG/NBD: repeated events with silent departure, for goals that users do again and again.

Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science 24(2),
equations 6 and 12 in the notation of Rhythm: x repeats, t_x last, T age, in days.
It needs no features and little data, and its level follows from each user's own pace.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import gammaln

from .features import Rhythm

Floats = npt.NDArray[np.float64]

MAX_FIT_USERS = 20_000
"""Four parameters are stable far below this many users."""

MIN_FIT_USERS = 100
"""Below this the four parameters say more of chance than of the users."""

_PENALTY = 0.001
"""Ridge on the log parameters: keeps the fit finite where nobody repeats or nobody departs."""


@dataclass(frozen=True)
class BuyTillYouDie:
    """Fitted BG/NBD, for users who have done it at least once."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, beat: Rhythm) -> Floats:
        """float64 (n,): P(has not departed by the cut-off), 1 before the first repeat."""
        x, gone = beat.repeats, np.maximum(beat.repeats - 1, 0)
        ratio = ((self.alpha + beat.age) / (self.alpha + beat.last)) ** (self.r + x)
        return np.where(x > 0, 1 / (1 + self.a / (self.b + gone) * ratio), 1.0)

    def probability(self, beat: Rhythm, horizon: Floats | float) -> Floats:
        """float64 (n,): P(at least one more goal day within `horizon` days).

        P(alive) * (1 - ((alpha + T) / (alpha + T + H))^(r + x)): the gamma posterior of the pace,
        with departure inside the horizon left to the next goal day, where the model puts it.
        """
        shape = self.r + beat.repeats
        none = ((self.alpha + beat.age) / (self.alpha + beat.age + horizon)) ** shape
        return self.alive(beat) * (1 - none)


def fit(beat: Rhythm) -> BuyTillYouDie | None:
    """Maximum likelihood on the users of `beat` who have ever done it; None if too few.

    Users with the same (x, t_x, T) are folded into one weighted row.
    """
    known = np.flatnonzero(beat.ever)[:MAX_FIT_USERS]
    if len(known) < MIN_FIT_USERS or not beat.repeats[known].any():
        return None
    rows = np.stack([beat.repeats[known], beat.last[known], beat.age[known]], axis=1)
    unique, weight = np.unique(rows, axis=0, return_counts=True)
    folded = Rhythm(unique[:, 0], unique[:, 1], unique[:, 2], np.ones(len(unique), bool))

    def loss(log_parameters: Floats) -> float:
        value = _log_likelihood(np.exp(log_parameters), folded)
        penalty = _PENALTY * float((log_parameters**2).sum())
        return -float((weight * value).sum()) / len(known) + penalty

    scale = max(float(np.median(folded.age)), 1.0)
    start = np.log([0.5, scale / 4, 0.8, 2.5])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-6, 6), (-3, 12), (-8, 8), (-8, 8)])
    r, alpha, a, b = np.exp(found.x)
    return BuyTillYouDie(float(r), float(alpha), float(a), float(b))


def _log_likelihood(parameters: Floats, beat: Rhythm) -> Floats:
    r, alpha, a, b = parameters
    x, gone = beat.repeats, np.maximum(beat.repeats - 1, 0)
    pace = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stay = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    still_here = -(r + x) * np.log(alpha + beat.age)
    departed = np.log(a) - np.log(b + gone) - (r + x) * np.log(alpha + beat.last)
    either = np.where(x > 0, np.logaddexp(still_here, departed), still_here)
    return pace + stay + either
