"""Test against control of a goal: by night, by day-0 bucket, by likelihood.

Everything is read of what nights have published, so it is the same whenever it is asked for again.
Buckets and likelihoods are those of day 0 throughout: later ones are made by what happened since.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ..campaigns.comparison import Comparison, compare
from ..errors import InvalidInput
from ..goals.buckets import Bucket
from ..goals.progress import BUCKETS
from ..store.stores import Stores
from .uplift_counts import Counts
from .uplift_lines import by_day, by_window
from .uplift_parts import likelihoods, moderately
from .uplift_shown import USERS, rated_arm, rounded

NOTHING_ENGAGED = (
    "Nothing is engaged through this goal: test and control differ by chance, unless your own "
    "campaigns left the control group out."
)
EACH_WINDOW = (
    "Every window is a comparison of its own, with an interval for one look at it: of twenty "
    "windows in which nothing was done, one lies outside."
)


def uplift(stores: Stores, goal_id: str, bucket: str | None = None) -> dict[str, Any]:
    """The uplift of a goal as of its last published night, of all members or of a day-0 `bucket`.

    Raises NotFound, Conflict for a goal that has (or had) no target group, InvalidInput for another
    bucket.
    """
    wanted = bucket_named(bucket)
    counts = Counts.of(stores, goal_id)
    goal, night = counts.goal, counts.night
    whole = comparison(counts)
    sound = not whole.broken
    shown = whole if wanted is None else comparison(counts, wanted, sound)
    return {
        "goal_id": goal.id,
        "name": goal.name,
        "status": str(goal.status),
        "direction": goal.terms.direction,
        "as_of": goal.terms.as_of.isoformat(),
        "starts_on": goal.terms.starts_on.isoformat(),
        "ends_on": goal.terms.to_json()["ends_on"],
        "rolling_days": goal.terms.rolling_days,
        "date": night["date"],
        "final": goal.terms.over(date.fromisoformat(night["date"])),
        "control_share": goal.control_share,
        "looks": sum(1 for day in counts.days if day is not None),
        "bucket": bucket,
        **compared(shown),
        "by_bucket": [
            {"bucket": one.label, **compared(comparison(counts, one, sound))}
            for one in reversed(BUCKETS)
        ],
        "by_likelihood": likelihoods(counts, wanted, sound),
        "persuadables": moderately(counts, sound),
        "by_day": by_window(stores, goal, wanted, sound)
        if goal.terms.rolling
        else by_day(counts, wanted, sound),
        "notes": _notes(counts),
    }


def bucket_named(name: str | None) -> Bucket | None:
    """Raises InvalidInput for a name that is no bucket's."""
    for bucket in BUCKETS:
        if name == bucket.label:
            return bucket
    if name is None:
        return None
    known = ", ".join(bucket.label for bucket in reversed(BUCKETS))
    raise InvalidInput.at("bucket", f"bucket must be one of {known}, not {name!r}")


def comparison(counts: Counts, bucket: Bucket | None = None, sound: bool = True) -> Comparison:
    """Test against control of a goal as it stands."""
    return compare(
        *counts.arms(bucket),
        counts.daily(bucket),
        counts.goal.terms.direction,
        counts.goal.control_share,
        counts.strata(bucket),
        sound,
    )


def compared(found: Comparison) -> dict[str, Any]:
    """A comparison as it is shown."""
    shown = found.to_json()
    users = found.incremental
    return {
        "test": rated_arm(found.test),
        "control": rated_arm(found.control),
        **rounded(shown),
        "incremental_users": None if users is None else rounded(users.to_json(), USERS),
    }


def _notes(counts: Counts) -> list[str]:
    said = [NOTHING_ENGAGED]
    if counts.goal.terms.rolling:
        said.append(EACH_WINDOW)
    elif counts.effects is None:
        over = counts.goal.terms.over(date.fromisoformat(counts.night["date"]))
        comes = "there is none" if over else "it comes with the next night"
        said.append(
            f"The newest night was published before likelihoods were counted by arm, so {comes}: "
            "no adjusted effect, and none by likelihood."
        )
    return said
