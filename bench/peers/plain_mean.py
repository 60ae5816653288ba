"""The plain combination: the geometric mean of the peers' counts, with a Student t interval.

The scale comes from the combination's own past errors in the block, as far as their outcomes were
known on the day of the forecast, and a prior of four errors of 16 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt

import numpy as np
from scipy.stats import t as student

PRIOR_ERROR = 0.16
PRIOR_WEIGHT = 4


def geometric_mean(counts: Sequence[float]) -> float:
    """Of counts above zero."""
    return float(np.exp(np.mean(np.log(counts))))


def t_interval(value: float, past_log_errors: Sequence[float], level: int) -> tuple[float, float]:
    """The central interval of `level` percent around `value`.

    scale^2 = (4 x .16^2 + sum of squared log errors) / (4 + n) + 1 / value; 4 + n degrees of
    freedom.
    """
    freedom = PRIOR_WEIGHT + len(past_log_errors)
    squares = PRIOR_WEIGHT * PRIOR_ERROR**2 + sum(error**2 for error in past_log_errors)
    reach = student.ppf(0.5 + level / 200, freedom) * sqrt(squares / freedom + 1 / value)
    return value * exp(-reach), value * exp(reach)
