"""What came, held against what was said on day 0. Plain arithmetic: thin functions use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any

from .goal import Direction
from .newcombe import newcombe95
from .progress import Converted
from .student_t import cdf


def narrowest(intervals: Mapping[str, Mapping[str, float]], actual: float) -> str | None:
    """The key of the narrowest interval ({"50": {"low", "high"}, …}, by percent) that holds
    `actual`; None where none does."""
    for level in sorted(intervals, key=int):
        if intervals[level]["low"] <= actual <= intervals[level]["high"]:
            return level
    return None


def percentile(value: float, log_scale: float, freedom: int, actual: int) -> float:
    """The share of outcomes that the forecast held for lower than `actual`, 0..1: .5 is its middle.

    The forecast is Student's t on the logarithm of the count (`propensity.interval.Spread`), whose
    middle lies below the expected `value` by half of the level's variance.
    """
    level = max(log_scale**2 - 1 / max(value, 0.5), 0.0)
    middle = max(value * exp(-level / 2), 0.5)
    return cdf((log(max(actual, 0.5)) - log(middle)) / log_scale, freedom)


def reached(direction: Direction, actual: int, wanted: int, over: bool) -> bool | None:
    """Whether a target is reached (minimizing: was not exceeded); None while it is open."""
    if direction == "minimize":
        return False if actual > wanted else True if over else None
    return True if actual >= wanted else False if over else None


@dataclass(frozen=True)
class Difference:
    """Rate of the test arm less that of the control arm, with the 95 % interval (Newcombe's)."""

    value: float
    low95: float
    high95: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low95 > 0 or self.high95 < 0


def difference(test: Converted, control: Converted) -> Difference | None:
    """None where an arm is empty."""
    bounds = newcombe95(test.did, test.users, control.did, control.users)
    if bounds is None:
        return None
    value = test.did / test.users - control.did / control.users
    return Difference(round(value, 6), round(bounds[0], 6), round(bounds[1], 6))


def arms_verdict(found: Difference | None) -> str:
    """What the difference of the arms says where nothing was engaged through the goal: whatever
    treated the arms differently is the owner's to know."""
    if found is None:
        return "One of the arms is empty, so there is nothing to compare."
    points = f"{100 * found.value:+.2f} points ({_points(found.low95)} to {_points(found.high95)})"
    if not found.beyond_chance:
        return (
            f"Test less control: {points}, 95 %. That is what chance makes of two groups that were "
            "treated alike. Nothing was engaged through this goal."
        )
    return (
        f"Test less control: {points}, 95 %. Chance alone goes so far in 1 of 20 goals. Nothing "
        "was engaged through this goal, so if your own campaigns left the control group out, this "
        "is what came of them; if they did not, it is chance."
    )


def outcome_sentence(actual: int, users: int, predicted: Mapping[str, Any], over: bool) -> str:
    """`412 of 9,800 members did it; 430 were predicted (80 %: 371 to 502).` `predicted` is
    {"value", "intervals", "within"}."""
    so_far = "" if over else " so far"
    said = f"{predicted['value']:,.0f} were predicted"
    if "80" in predicted["intervals"]:
        bounds = predicted["intervals"]["80"]
        said += f" (80 %: {bounds['low']:,.0f} to {bounds['high']:,.0f})"
    where = (
        f"inside the {predicted['within']} % interval"
        if predicted["within"]
        else "outside every interval that was given"
    )
    return f"{actual:,} of {users:,} members did it{so_far}; {said}: {where}."


def target_sentence(target: Mapping[str, Any]) -> str:
    """What became of the target, beside the chance it was given."""
    became = {True: "was reached", False: "was missed", None: "is still open"}[target["reached"]]
    said = ""
    if target["probability"] is not None:
        said = f"; day 0 gave it {100 * target['probability']:.0f} %"
    return (
        f"The target of {target['value']:,.0f} {target['metric']} {became}: "
        f"{target['actual']:,}{said}."
    )


def _points(rate: float) -> str:
    return f"{100 * rate:+.2f}"
