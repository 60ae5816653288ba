"""Test against control of a goal: by night, by day-0 bucket, by likelihood.

Everything is read of what nights have published, so it is the same whenever it is asked for again.
Buckets and likelihoods are those of day 0 throughout: later ones are made by what happened since.
"""

from __future__ import annotations

from typing import Any

from ..campaigns.comparison import Comparison, compare
from ..errors import InvalidInput
from ..goals.buckets import Bucket
from ..goals.progress import BUCKETS
from ..store.stores import Stores
from .uplift_counts import Counts, of_engagement, of_goal
from .uplift_lines import by_day, by_window
from .uplift_metrics import metrics_of
from .uplift_notes import engaged, notes
from .uplift_overlaps import overlaps_of
from .uplift_parts import likelihoods, moderately
from .uplift_shown import compared


def uplift(
    stores: Stores, goal_id: str, bucket: str | None = None, engagement_id: str | None = None
) -> dict[str, Any]:
    """The uplift of a goal as of its last published night: of all members or of a day-0 `bucket`,
    or of who came into an engagement, from then on.

    Raises NotFound, Conflict for a goal that has (or had) no target group, InvalidInput for another
    bucket, CorruptObject.
    """
    wanted = bucket_named(bucket)
    if engagement_id is None:
        counts = of_goal(stores, goal_id)
    else:
        counts = of_engagement(stores, goal_id, engagement_id)
    goal = counts.goal
    return {
        "goal_id": goal.id,
        "name": goal.name,
        "status": str(goal.status),
        "direction": goal.terms.direction,
        "as_of": goal.terms.as_of.isoformat(),
        "starts_on": goal.terms.starts_on.isoformat(),
        "ends_on": goal.terms.to_json()["ends_on"],
        "rolling_days": goal.terms.rolling_days,
        "date": counts.night["date"],
        "final": counts.final,
        "bucket": bucket,
        "engagement": None
        if counts.engagement is None
        else engaged(stores, counts.engagement, counts.first),
        **measured(stores, counts, wanted),
    }


def measured(stores: Stores, counts: Counts, bucket: Bucket | None = None) -> dict[str, Any]:
    """All that is said of the members who are compared, or of those of one bucket."""
    goal = counts.goal
    whole = comparison(counts)
    sound = not whole.broken
    shown = whole if bucket is None else comparison(counts, bucket, sound)
    windows = goal.terms.rolling and counts.engagement is None
    return {
        "control_share": goal.control_share,
        "looks": sum(1 for cells in counts.looks or () if cells is not None),
        **compared(shown),
        "by_bucket": [
            {"bucket": one.label, **compared(comparison(counts, one, sound))}
            for one in reversed(BUCKETS)
        ],
        "by_likelihood": likelihoods(counts, bucket, sound),
        "persuadables": moderately(counts, sound),
        "metrics": metrics_of(counts, bucket, sound),
        "engagements": _engagements(stores, counts, bucket),
        "overlaps": overlaps_of(stores, counts),
        "by_day": by_window(stores, goal, bucket, sound)
        if windows
        else by_day(counts, bucket, sound),
        "notes": notes(stores, counts),
    }


def _engagements(stores: Stores, counts: Counts, bucket: Bucket | None) -> list[dict[str, Any]]:
    """Those of the goal that its newest night has counted, newest first."""
    if counts.engagement is not None:
        return []
    found = [of_engagement(stores, counts.goal.id, one) for one in reversed(counts.engagements)]
    return [
        {
            "engagement": engaged(stores, one.engagement, one.first),
            **compared(comparison(one, bucket, sound=not comparison(one).broken)),
        }
        for one in found
        if one.engagement is not None
    ]


def bucket_named(name: str | None) -> Bucket | None:
    """Raises InvalidInput for a name that is no bucket's."""
    for bucket in BUCKETS:
        if name == bucket.label:
            return bucket
    if name is None:
        return None
    known = ", ".join(bucket.label for bucket in reversed(BUCKETS))
    raise InvalidInput.at("bucket", f"bucket must be one of {known}, not {name!r}")


def comparison(
    counts: Counts, bucket: Bucket | None = None, sound: bool = True, share: float | None = None
) -> Comparison:
    """Test against control as it stands; `share` is the meant part of control, the goal's where
    none is given."""
    return compare(
        *counts.arms(bucket),
        counts.daily(bucket),
        counts.goal.terms.direction,
        counts.goal.control_share if share is None else share,
        counts.known(bucket),
        sound,
    )
