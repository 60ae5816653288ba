"""Other events of a goal's members, test against control: who did them, how much of it per user."""

from __future__ import annotations

from typing import Any

from ..campaigns.amounts import compare_amounts
from ..campaigns.arms import Arm
from ..campaigns.comparison import compare
from ..campaigns.means import Amounts
from ..goals.buckets import Bucket
from ..goals.effects import Amounts as Counted
from ..goals.effects import Measured
from ..goals.metrics import UNIT, Metric
from ..goals.progress import BUCKETS
from ..goals.target_group import Arm as ArmOf
from .uplift_counts import Counts
from .uplift_shown import compared, rounded

WORDS = {"better": "more", "worse": "less", "inconclusive": "inconclusive"}
"""Whether more of something is good is not known here."""


def metrics_of(counts: Counts, bucket: Bucket | None, sound: bool) -> list[dict[str, Any]]:
    """The metrics that the newest night has counted, as they are called now."""
    return [
        _shown(counts, metric, bucket, sound)
        for metric in counts.goal.metrics
        if metric.id in counts.metrics
    ]


def _shown(counts: Counts, metric: Metric, bucket: Bucket | None, sound: bool) -> dict[str, Any]:
    arms = counts.arms(bucket)
    measured = counts.metrics[metric.id]
    test, control = (
        _of(measured, arm, bucket, users.users) for arm, users in zip(ArmOf, arms, strict=True)
    )
    daily = counts.daily(bucket, metric.id)
    found = compare(
        Arm(arms[0].users, test.did),
        Arm(arms[1].users, control.did),
        daily,
        "maximize",
        sound=sound,
    )
    amounts = compare_amounts(
        _amounts(metric, arms[0].users, test),
        _amounts(metric, arms[1].users, control),
        None if daily is None else daily.limit,
        sound,
    )
    who = compared(found)
    return {
        **metric.to_json(),
        "per_user": "amount" if metric.sum else "events",
        "verdict": WORDS[found.verdict],
        "users": {key: who[key] for key in USERS_SHOWN},
        "amounts": rounded(amounts.to_json()),
    }


USERS_SHOWN = (
    *("test", "control", "difference", "repeated", "always_valid", "relative"),
    "incremental_users",
)


def _of(measured: Measured, arm: ArmOf, bucket: Bucket | None, users: int) -> Counted:
    wanted = BUCKETS if bucket is None else (bucket,)
    found = sum((measured.get((int(one), int(arm)), Counted()) for one in wanted), Counted())
    assert found.did <= users  # both are counted of the same members
    return found


def _amounts(metric: Metric, users: int, counted: Counted) -> Amounts:
    if metric.sum is None:
        return Amounts(users, counted.did, counted.n, counted.nn)
    return Amounts(users, counted.payers, counted.total / UNIT, counted.squares / UNIT**2)
