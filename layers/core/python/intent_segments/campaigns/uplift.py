"""One comparison of test with control, as it is shown: effects, checks, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .arms import Arm, Estimate, information, require_both
from .cuped import Cuped, Moments, cuped
from .effect import always_valid, difference, incremental
from .sample_ratio import SampleRatio, sample_ratio
from .score import relative_lift

Direction = Literal["maximize", "minimize"]
Word = Literal["better", "worse", "inconclusive"]


@dataclass(frozen=True)
class Uplift:
    """What a comparison says. The effects are None when the split is broken; the counts stay."""

    test: Arm
    control: Arm
    difference: Estimate | None
    relative: Estimate | None
    always_valid: Estimate | None
    incremental: Estimate | None
    cuped: Cuped | None
    sample_ratio: SampleRatio | None
    verdict: Word

    def to_json(self) -> dict[str, Any]:
        """The JSON of `intent uplift`; rates and differences as parts of 1."""
        return {
            "test": self.test.to_json(),
            "control": self.control.to_json(),
            "difference": _json(self.difference),
            "relative": _json(self.relative),
            "always_valid": None
            if self.always_valid is None
            else self.always_valid.interval_json(),
            "cuped": None if self.cuped is None else self.cuped.to_json(),
            "srm": None if self.sample_ratio is None else self.sample_ratio.to_json(),
            "verdict": self.verdict,
        }


def measure(
    test: Arm,
    control: Arm,
    converted_by_day: Sequence[int],
    direction: Direction = "maximize",
    control_share: float | None = None,
    moments: tuple[Moments, Moments] | None = None,
    expected_rate: float | None = None,
) -> Uplift:
    """The effect on the rate of users who did it, when the days that count are over.

    `converted_by_day` has the users of both arms who did it up to the end of each day.
    `control_share` is the meant part of control in both arms; without it the split is not checked.
    `moments` are those of test and control, for CUPED. `expected_rate` is the part of all users who
    were to do it by the end, said before anybody was reached: it makes the always valid interval
    sharpest there. Raises InvalidInput for an arm without users
    or an impossible share.
    """
    require_both(test, control)
    ratio = None
    if control_share is not None:
        ratio = sample_ratio(test.users, control.users, control_share)
        if not ratio.ok:
            return Uplift(test, control, None, None, None, None, None, ratio, "inconclusive")
    effect, users = difference(test, control), test.users + control.users
    promised = None
    if expected_rate is not None:
        [promised] = information([expected_rate * users], users)
    return Uplift(
        test=test,
        control=control,
        difference=effect,
        relative=relative_lift(test, control),
        always_valid=always_valid(test, control, information(converted_by_day, users), promised),
        incremental=incremental(effect, test),
        cuped=None if moments is None else cuped(*moments),
        sample_ratio=ratio,
        verdict=verdict(effect, direction),
    )


def verdict(effect: Estimate, direction: Direction) -> Word:
    """`better` or `worse` when the interval leaves 0 out; fewer is better to minimise."""
    if effect.low is not None and effect.low > 0:
        return "better" if direction == "maximize" else "worse"
    if effect.high is not None and effect.high < 0:
        return "worse" if direction == "maximize" else "better"
    return "inconclusive"


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.to_json()
