"""Before the start: which effect would be seen, and how many users have to be held back for it?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from ..errors import InvalidInput
from ..goals.wilson import Z95
from .sample_ratio import check_share

POWER = 0.8
"""An effect counts as visible when it would be found in four of five cases."""

LEAST_SHARE, MOST_SHARE = 0.01, 0.2
"""A control group is 1 to 20 % of the target group."""

MOST_USERS = 10**10
HALVINGS = 60
NORMAL = NormalDist()


@dataclass(frozen=True)
class Plan:
    """A comparison to come: users in both arms, the control's part, the rate without campaign.

    `z` is what an effect must pass, in standard errors: Z95 for one look at the end, the last of
    `looks.limits` where it is looked at every night. Raises InvalidInput for values that cannot be.
    """

    users: int
    control_share: float
    base_rate: float
    z: float = Z95

    def __post_init__(self) -> None:
        check_share(self.control_share)
        if self.users < 2:
            raise InvalidInput.at("users", f"users must be 2 or more, not {self.users}")
        if not 0 < self.base_rate < 1:
            raise InvalidInput.at(
                "base_rate", f"base_rate must lie between 0 and 1, not {self.base_rate}"
            )


def power(plan: Plan, effect: float) -> float:
    """The chance to find a true difference of rates `effect` (either sign), from 0 to 1.

    Normal approximation with the pooled error under no effect and each arm's own under the effect
    (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, chapter 4). Raises
    InvalidInput where base_rate + effect is no rate.
    """
    changed = plan.base_rate + effect
    if not 0 <= changed <= 1:
        raise InvalidInput.at(
            "effect",
            f"effect {effect:+.4f} on a rate of {plan.base_rate:.4f} gives {changed:.4f}, which is "
            "no rate: give the difference of rates, as in 0.01 for one point",
        )
    control = plan.users * plan.control_share
    test = plan.users - control
    pooled = (plan.base_rate * control + changed * test) / plan.users
    none = sqrt(pooled * (1 - pooled) * (1 / test + 1 / control))
    some = sqrt(changed * (1 - changed) / test + plan.base_rate * (1 - plan.base_rate) / control)
    return NORMAL.cdf((abs(effect) - plan.z * none) / some)


def smallest_effect(plan: Plan, wanted: float = POWER, fewer: bool = False) -> float | None:
    """The least rise of the rate that is found with the chance `wanted`, or the least fall, below
    0, where `fewer` are wanted; None where none is."""
    sign, most = (-1, plan.base_rate) if fewer else (1, 1 - plan.base_rate)
    if power(plan, sign * most) < wanted:
        return None
    return sign * _first(lambda effect: power(plan, sign * effect) >= wanted, 0.0, most)


def share_for(plan: Plan, effect: float, wanted: float = POWER) -> float | None:
    """The least share to hold back, in whole per cent from 1 to 20; None where 20 % is too few."""
    for percent in range(round(100 * LEAST_SHARE), round(100 * MOST_SHARE) + 1):
        share = percent / 100
        if power(Plan(plan.users, share, plan.base_rate, plan.z), effect) >= wanted:
            return share
    return None


def users_for(plan: Plan, effect: float, wanted: float = POWER) -> int | None:
    """The users in both arms that `effect` needs at the plan's share; None beyond MOST_USERS."""

    def enough(users: float) -> bool:
        asked = Plan(ceil(users), plan.control_share, plan.base_rate, plan.z)
        return power(asked, effect) >= wanted

    return ceil(_first(enough, 2, MOST_USERS)) if effect and enough(MOST_USERS) else None


def advice(plan: Plan, effect: float | None = None, fewer: bool = False) -> str:
    """In words: what this plan can see (a fall where `fewer` are wanted) and, of a wanted `effect`,
    what it would take."""
    held = plan.users * plan.control_share
    least = smallest_effect(plan, fewer=fewer)
    of = f"With {plan.control_share:.0%} of {plan.users:,} users held back ({held:,.0f})"
    if least is None:
        first = f"{of} no effect would be seen reliably."
    else:
        first = (
            f"{of} and a rate of {plan.base_rate:.2%} without campaign, a difference of "
            f"{100 * least:.2f} points ({least / plan.base_rate:+.0%}) is found in {POWER:.0%} of "
            "cases."
        )
    if effect is None:
        return first
    chance = power(plan, effect)
    asked = f"A difference of {100 * effect:+.2f} points is found in {chance:.0%} of cases"
    if chance >= POWER:
        return f"{first} {asked}."
    share = share_for(plan, effect)
    if share is not None:
        return f"{first} {asked}; hold back {share:.0%} to find it in {POWER:.0%}."
    most = Plan(plan.users, MOST_SHARE, plan.base_rate, plan.z)
    needed = users_for(most, effect)
    enough = (
        "no number of users is enough for it"
        if needed is None
        else f"about {needed:,} users with {MOST_SHARE:.0%} held back are needed"
    )
    return (
        f"{first} {asked}, and {MOST_SHARE:.0%} held back would find it in "
        f"{power(most, effect):.0%}: {enough}, or a larger effect."
    )


def _first(enough: Callable[[float], bool], low: float, high: float) -> float:
    """The least value between the two that is enough, where larger ones are too."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high
