"""What the nights of a goal counted in both arms, as comparisons take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ..campaigns.arms import Arm
from ..campaigns.comparison import Known
from ..campaigns.cuped import Moments
from ..campaigns.daily import Daily, Pair, daily
from ..campaigns.engagement import Engagement
from ..errors import NotFound
from ..goals.buckets import CERTAIN, Bucket
from ..goals.effects import GOAL, HOLDOUT, Followed, Look, Measured, Overlap
from ..goals.goal import Goal
from ..goals.holdout import Holdout
from ..goals.progress import BUCKETS
from ..goals.strata import Strata, Stratum
from ..goals.target_group import Arm as ArmOf
from ..store.engagements import missing
from ..store.stores import Stores
from .published_effects import read_effects
from .tracking import last_night, ready

Cells = Mapping[Bucket, Pair]
"""Test and control of every bucket."""

NOBODY: Cells = {bucket: (Arm(0, 0), Arm(0, 0)) for bucket in BUCKETS}


@dataclass(frozen=True)
class Counts:
    """Members who are compared, of a goal or of one of its engagements.

    `cells` stand after the newest published `night`. `looks` are those of every day from `first`
    on, None where there was none to look at, of a period of `days`, None for one without end;
    without `looks` there is a single one, at the window of a rolling goal that is complete.
    `strata` are None where nothing was counted by likelihood. `metrics` and their looks go by the
    ids of metrics. `engagements` are the ids of those that the night has counted, `overlaps`
    what the goal shares with others, by their ids; both of a goal.
    """

    goal: Goal
    night: Mapping[str, Any]
    cells: Cells
    first: date
    days: int | None
    looks: tuple[Cells | None, ...] | None
    strata: Strata | None
    metrics: Mapping[str, Measured] = field(default_factory=dict)
    metric_looks: Mapping[str, tuple[Cells | None, ...]] = field(default_factory=dict)
    engagement: Engagement | None = None
    engagements: tuple[str, ...] = ()
    overlaps: Mapping[str, Overlap] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        return self.goal.terms.over(date.fromisoformat(self.night["date"]))

    def arms(self, bucket: Bucket | None = None) -> Pair:
        """Test and control of all members, or of those of a bucket."""
        return arms_of(self.cells, bucket)

    def daily(self, bucket: Bucket | None = None, metric: str | None = None) -> Daily | None:
        """The same, night by night: who did the goal's events, or those of a metric; None for a
        single look."""
        looks = self.looks if metric is None else self.metric_looks.get(metric)
        if self.looks is None or looks is None:
            return None
        pairs = [None if cells is None else arms_of(cells, bucket) for cells in looks]
        return daily(self.days, pairs, self._forecast(bucket) if metric is None else None)

    def _forecast(self, bucket: Bucket | None) -> float | None:
        """How many of both arms were to do it by the goal's end, by the likelihoods of day 0; None
        for those who are not compared from its first day on."""
        if self.strata is None or self.engagement or self.first != self.goal.terms.starts_on:
            return None
        return sum(self.strata.of(arm, bucket).x for arm in ArmOf) / CERTAIN

    def known(self, bucket: Bucket | None = None) -> Known | None:
        """What adjusts the comparison; None where nothing was counted by likelihood."""
        if self.strata is None:
            return None
        test, control = (moments_of(self.strata.of(arm, bucket)) for arm in ArmOf)
        within = [self.arms(one) for one in BUCKETS] if bucket is None else []
        return Known((test, control), within)


def of_goal(stores: Stores, goal_id: str) -> Counts:
    """All members of a goal. Raises NotFound, Conflict for one that has (or had) no target group,
    CorruptObject."""
    goal = ready(stores, goal_id)
    night = last_night(stores, goal)
    followed = read_effects(stores, goal.id, night)
    found = _counted(followed, GOAL, goal.terms.starts_on, night)
    if followed is not None:
        others = followed.effects.populations.keys() - {GOAL, HOLDOUT}
        found["engagements"] = tuple(sorted(others))
        found["overlaps"] = followed.effects.overlaps
    if goal.terms.rolling:
        by_bucket = (night["completed"] or {}).get("by_bucket")
        cells = NOBODY if by_bucket is None else cells_of(by_bucket)
        window = {**found, "cells": cells, "looks": None, "metric_looks": {}}
        return Counts(goal, night, days=None, **window)
    if found["strata"] is None:
        found["cells"] = cells_of(night["by_bucket"])
    found["looks"] = _with_earlier(stores, goal, night, found["looks"])
    return Counts(goal, night, days=goal.terms.horizon, **found)


def of_engagement(stores: Stores, goal_id: str, engagement_id: str) -> Counts:
    """Who came into an engagement of a goal, from then on. Raises NotFound, also for an engagement
    of another goal, Conflict for a goal that has (or had) no target group, CorruptObject."""
    goal = ready(stores, goal_id)
    engagement = stores.engagements.get(engagement_id)
    if engagement.audience.goal_id != goal_id:
        raise NotFound(f"{missing(engagement_id).message} This one is not of goal {goal_id}.")
    night = last_night(stores, goal)
    first = date.fromisoformat(night["date"]) + timedelta(days=1)
    if engagement.sends:
        settled = stores.sends.get(engagement_id, engagement.sends[0]).as_of
        first = date.fromisoformat(settled) + timedelta(days=1)
    found = _counted(read_effects(stores, goal.id, night), engagement_id, first, night)
    ends_on = goal.terms.ends_on
    days = None if ends_on is None else max((ends_on - first).days + 1, len(found["looks"]))
    return Counts(goal, night, days=days, engagement=engagement, **found)


def of_holdout(stores: Stores, goal: Goal, holdout: Holdout) -> Counts | None:
    """All members of a goal, those who are held out of everything in the place of control; None
    before a night has counted them. Raises CorruptObject."""
    night = last_night(stores, goal)
    followed = read_effects(stores, goal.id, night)
    if followed is None or HOLDOUT not in followed.effects.populations:
        return None
    first = max(goal.terms.starts_on, holdout.since)
    found = _counted(followed, HOLDOUT, first, night)
    if goal.terms.rolling:
        return Counts(goal, night, days=None, **{**found, "looks": None, "metric_looks": {}})
    assert goal.terms.ends_on is not None  # it does not roll
    days = max((goal.terms.ends_on - first).days + 1, len(found["looks"]))
    return Counts(goal, night, days=days, **found)


def arms_of(cells: Cells, bucket: Bucket | None = None) -> Pair:
    """Test and control of all buckets, or of one."""
    wanted = BUCKETS if bucket is None else (bucket,)
    test = sum((cells[one][0] for one in wanted), Arm(0, 0))
    return test, sum((cells[one][1] for one in wanted), Arm(0, 0))


def cells_of(by_bucket: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Cells:
    """From {bucket: {arm: {"users", "did"}}}."""

    def arm(bucket: Bucket, of: ArmOf) -> Arm:
        cell = by_bucket[bucket.label][of.label]
        return Arm(cell["users"], cell["did"])

    return {bucket: (arm(bucket, ArmOf.TEST), arm(bucket, ArmOf.CONTROL)) for bucket in BUCKETS}


def moments_of(stratum: Stratum) -> Moments:
    """Sums over likelihoods in 1e-6, whole numbers."""
    return Moments(stratum.users, stratum.did, stratum.x, stratum.xx, stratum.xy)


def _counted(
    followed: Followed | None, name: str, first: date, night: Mapping[str, Any]
) -> dict[str, Any]:
    """What a file says of one population: fields of Counts."""
    last = date.fromisoformat(night["date"])
    population = None if followed is None else followed.effects.populations.get(name)
    if followed is None or population is None:
        looks = by_day((), first, last)
        return {"cells": NOBODY, "first": first, "looks": looks, "strata": None}
    return {
        "cells": _cells(population.look()),
        "first": first,
        "looks": by_day(followed.looks[name, None], first, last),
        "strata": population.strata,
        "metrics": population.metrics,
        "metric_looks": {
            metric: by_day(followed.looks[name, metric], first, last)
            for metric in population.metrics
        },
    }


def by_day(looks: Iterable[tuple[str, Look]], first: date, last: date) -> tuple[Cells | None, ...]:
    """Looks at the days `first` to `last`, None where there is none."""
    known = {day: _cells(look) for day, look in looks}
    dates = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    return tuple(known.get(day.isoformat()) for day in dates)


def _with_earlier(
    stores: Stores, goal: Goal, night: Mapping[str, Any], looks: Sequence[Cells | None]
) -> tuple[Cells | None, ...]:
    """The looks of a goal, those filled in that nights published before they were carried on."""
    missed = [day for day, cells in enumerate(looks) if cells is None]
    if not missed:
        return tuple(looks)
    starts_on = goal.terms.starts_on
    last = starts_on + timedelta(days=missed[-1])
    nights = stores.runs.nights_of(goal.id, starts_on, last)
    published = {entry["date"]: cells_of(entry["by_bucket"]) for entry in nights}
    return tuple(
        published.get((starts_on + timedelta(days=day)).isoformat()) if cells is None else cells
        for day, cells in enumerate(looks)
    )


def _cells(look: Look) -> Cells:
    arms = [Arm(users, did) for users, did in zip(look[::2], look[1::2], strict=True)]
    return {bucket: (arms[2 * place], arms[2 * place + 1]) for place, bucket in enumerate(BUCKETS)}
