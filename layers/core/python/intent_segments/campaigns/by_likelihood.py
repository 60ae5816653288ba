"""Whom does the campaign persuade? Uplift by what was thought of the users before.

Likely users do it anyway and unlikely ones never: that those in between are the persuadable ones is
an assumption until it has been measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .arms import Arm, Estimate
from .cuped import FEWEST_CONVERTED
from .effect import at_limit, difference
from .score import sum_of


@dataclass(frozen=True)
class Tenth:
    """Users of neighbouring likelihoods in both arms; `effect` is None where an arm is empty."""

    test: Arm
    control: Arm
    effect: Estimate | None


@dataclass(frozen=True)
class Point:
    """Of a Qini curve: had only the `share` of users at the top been reached, `incremental` more
    would have done it, per user of the target group."""

    share: float
    incremental: float


def by_likelihood(parts: Sequence[tuple[Arm, Arm]], limit: float | None = None) -> list[Tenth]:
    """(test, control) of each part of the users -> its uplift, with Newcombe's interval for one
    look, or with one `limit` standard errors out."""

    def effect(test: Arm, control: Arm) -> Estimate | None:
        if not test.users or not control.users:
            return None
        return difference(test, control) if limit is None else at_limit(test, control, limit)

    return [Tenth(test, control, effect(test, control)) for test, control in parts]


def qini_curve(parts: Sequence[tuple[Arm, Arm]]) -> list[Point] | None:
    """What reaching only the top of a ranking would have brought; `parts` from the top down.

    Radcliffe 2007, "Using control groups to target on predicted lift": those who did it in test,
    less those in control scaled to the test users of the same parts. None where control converted
    less often than FEWEST_CONVERTED: such a curve is noise.
    """
    if sum_of([control for _, control in parts]).converted < FEWEST_CONVERTED:
        return None
    users = sum(test.users for test, _ in parts)
    points, test, control = [Point(0.0, 0.0)], Arm(0, 0), Arm(0, 0)
    for more_test, more_control in parts:
        test, control = test + more_test, control + more_control
        if test.users and control.users:
            gained = test.converted - control.converted * test.users / control.users
            points.append(Point(test.users / users, gained / users))
    return points


def qini_coefficient(points: Sequence[Point]) -> float:
    """The area between the curve and the straight line to its end (a ranking by chance).

    In incremental users per user of the target group; above 0 when the top of the ranking is easier
    to persuade than its bottom, below 0 when it is the other way round.
    """
    area = sum(
        (b.share - a.share) * (a.incremental + b.incremental) / 2 for a, b in pairwise(points)
    )
    return area - points[-1].share * points[-1].incremental / 2
