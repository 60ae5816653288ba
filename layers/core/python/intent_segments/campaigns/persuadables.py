"""Are the moderately likely the persuadable ones? An assumption, until it has been measured.

Who is likely does it anyway and who is not never will: it is said that those in between are the
ones a campaign moves. Whether it is so here is a question to the arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..goals.buckets import Bucket
from ..goals.newcombe import square_and_add
from .arms import Arm, Estimate
from .cuped import FEWEST_CONVERTED
from .effect import at_limit
from .score import sum_of
from .uplift import Direction

Answer = Literal["untested", "more", "less", "no_difference_seen"]

UNTESTED = (
    "That the moderately likely are the persuadable ones is untested here: it takes members of "
    f"both arms in every bucket and {FEWEST_CONVERTED} of the control group who did it."
)
TOLD: Mapping[Answer, str] = {
    "untested": UNTESTED,
    "more": "Measured: the campaign moved the moderately likely more than the others.",
    "less": "Measured: the campaign moved the moderately likely less than the others.",
    "no_difference_seen": "Measured: the moderately likely were moved no differently from the "
    "others, as far as can be seen.",
}


@dataclass(frozen=True)
class Persuadables:
    """`answer` says whether the effect on the moderately likely was `more` than that on the others,
    in the goal's own direction; `difference` is the one less the other, as parts of 1."""

    answer: Answer
    difference: Estimate | None

    def to_json(self) -> dict[str, Any]:
        return {
            "answer": self.answer,
            "difference": None if self.difference is None else self.difference.to_json(),
            "sentence": TOLD[self.answer],
        }


def persuadables(
    buckets: Mapping[Bucket, tuple[Arm, Arm]], direction: Direction, limit: float
) -> Persuadables:
    """(test, control) of each day-0 bucket -> the answer, at `limit` standard errors."""
    middle = buckets[Bucket.MODERATELY_LIKELY]
    others = [pair for bucket, pair in buckets.items() if bucket != Bucket.MODERATELY_LIKELY]
    rest = sum_of([test for test, _ in others]), sum_of([control for _, control in others])
    enough = middle[1].converted + rest[1].converted >= FEWEST_CONVERTED
    if not enough or not all(arm.users for arm in (*middle, *rest)):
        return Persuadables("untested", None)
    inside, outside = at_limit(*middle, limit), at_limit(*rest, limit)
    difference = _less(inside, outside)
    assert difference.low is not None and difference.high is not None
    sign = 1 if direction == "maximize" else -1
    if sign * difference.low > 0 and sign * difference.high > 0:
        return Persuadables("more", difference)
    if sign * difference.low < 0 and sign * difference.high < 0:
        return Persuadables("less", difference)
    return Persuadables("no_difference_seen", difference)


def _less(one: Estimate, other: Estimate) -> Estimate:
    """The difference of two independent differences, their reaches added as squares."""
    assert one.value is not None and one.low is not None and one.high is not None
    assert other.value is not None and other.low is not None and other.high is not None
    bounds = square_and_add(one.value, (one.low, one.high), other.value, (other.low, other.high))
    return Estimate(one.value - other.value, *bounds)
