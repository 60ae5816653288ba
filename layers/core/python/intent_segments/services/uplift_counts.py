"""What the nights of a goal counted in both arms, as comparisons take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..campaigns.arms import Arm
from ..campaigns.comparison import Strata
from ..campaigns.cuped import Moments
from ..campaigns.daily import Daily, Pair, daily
from ..goals.buckets import Bucket
from ..goals.effects import Effects
from ..goals.goal import Goal
from ..goals.progress import BUCKETS
from ..goals.rolling import nothing_came
from ..goals.strata import Stratum
from ..goals.target_group import Arm as ArmOf
from ..store.stores import Stores
from .published_effects import read_effects
from .tracking import last_night, ready

Cells = Mapping[str, Mapping[str, Mapping[str, int]]]
"""{bucket: {arm: {"users", "did"}}}"""


@dataclass(frozen=True)
class Counts:
    """A goal, its newest published `night`, the `cells` of its members and those of every day so
    far (None where no night was published; nothing of a rolling goal, whose cells are those of the
    window that is complete), and what was counted by likelihood, if it was."""

    goal: Goal
    night: Mapping[str, Any]
    cells: Cells
    days: tuple[Cells | None, ...]
    effects: Effects | None

    @classmethod
    def of(cls, stores: Stores, goal_id: str) -> Counts:
        """Raises NotFound, Conflict for a goal that has (or had) no target group."""
        goal = ready(stores, goal_id)
        night = last_night(stores, goal)
        effects = read_effects(stores, goal.id, night)
        if goal.terms.rolling:
            cells = (night["completed"] or {}).get("by_bucket") or nothing_came()
            return cls(goal, night, cells, (), effects)
        assert goal.scores is not None  # it is ready
        nights = stores.runs.nights_of(goal.id, goal.terms.starts_on, goal.scores.date)
        counted = {entry["date"]: entry["by_bucket"] for entry in nights}
        so_far = (goal.scores.date - goal.terms.as_of).days
        dates = [goal.terms.starts_on + timedelta(days=day) for day in range(so_far)]
        days = tuple(counted.get(date.isoformat()) for date in dates)
        return cls(goal, night, night["by_bucket"], days, effects)

    def arms(self, bucket: Bucket | None = None) -> tuple[Arm, Arm]:
        """(test, control) of all members, or of those of a day-0 bucket."""
        return arms_of(self.cells, bucket)

    def daily(self, bucket: Bucket | None = None) -> Daily | None:
        """The same, night by night; None of a rolling goal."""
        if self.goal.terms.rolling:
            return None
        test, control = self.arms(bucket)
        did: list[Pair | None] = []
        for cells in self.days:
            if cells is None:
                did.append(None)
                continue
            # An erasure takes members out of later nights, not of earlier ones.
            then = zip(arms_of(cells, bucket), (test, control), strict=True)
            was, held = (min(arm.converted, now.users) for arm, now in then)
            did.append((was, held))
        return daily(self.goal.terms.horizon, did, test.users + control.users)

    def strata(self, bucket: Bucket | None = None) -> Strata | None:
        """What adjusts the comparison; None where nothing was counted by likelihood."""
        if self.effects is None or not self.effects.strata.places:
            return None
        known = self.effects.strata
        test, control = (moments_of(known.of(arm, bucket)) for arm in ArmOf)
        within = [self.arms(one) for one in BUCKETS] if bucket is None else []
        return Strata((test, control), within)


def arms_of(cells: Cells, bucket: Bucket | None = None) -> tuple[Arm, Arm]:
    """(test, control) of all buckets, or of one."""
    wanted = BUCKETS if bucket is None else (bucket,)
    test, control = (
        sum((Arm(*_counts(cells[one.label][arm.label])) for one in wanted), Arm(0, 0))
        for arm in ArmOf
    )
    return test, control


def moments_of(stratum: Stratum) -> Moments:
    """Sums over likelihoods in 1e-6, whole numbers."""
    return Moments(stratum.users, stratum.did, stratum.x, stratum.xx, stratum.xy)


def _counts(cell: Mapping[str, int]) -> tuple[int, int]:
    return cell["users"], cell["did"]
