"""Whom does it persuade? Uplift by the likelihoods of day 0, and what that says of the buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaigns.arms import Arm
from ..campaigns.by_likelihood import by_likelihood, qini_coefficient, qini_curve
from ..campaigns.cuped import FEWEST_CONVERTED
from ..campaigns.persuadables import persuadables
from ..campaigns.score import sum_of
from ..goals.buckets import CERTAIN, Bucket
from ..goals.goal import Direction
from ..goals.progress import BUCKETS
from ..goals.strata import TENTHS
from ..goals.target_group import Arm as ArmOf
from ..goals.wilson import Z95
from .uplift_counts import Counts
from .uplift_shown import DIGITS, rated_arm, rounded

Pair = tuple[Arm, Arm]


def likelihoods(counts: Counts, bucket: Bucket | None, sound: bool) -> dict[str, Any] | None:
    """Uplift by tenths of the likelihoods of day 0, the likeliest to do it first, and the Qini
    curve of that ranking. None where nothing was counted by likelihood; without effects where the
    split is not `sound`."""
    known = counts.strata
    if known is None or not known.tenths():
        return None
    strata = {
        tenth: (known.of(ArmOf.TEST, bucket, tenth), known.of(ArmOf.CONTROL, bucket, tenth))
        for tenth in known.tenths()
    }
    filled = {tenth: both for tenth, both in strata.items() if both[0].users + both[1].users}
    pairs = [(Arm(t.users, t.did), Arm(c.users, c.did)) for t, c in filled.values()]
    daily = counts.daily(bucket)
    effects = by_likelihood(pairs, None if daily is None else daily.limit)
    rows = [
        {
            "tenth": TENTHS - tenth,
            "likelihood": round((t.x + c.x) / (t.users + c.users) / CERTAIN, DIGITS),
            "test": rated_arm(found.test),
            "control": rated_arm(found.control),
            "difference": rounded(found.effect.to_json()) if sound and found.effect else None,
        }
        for (tenth, (t, c)), found in zip(filled.items(), effects, strict=True)
    ]
    qini = _qini(pairs, counts.goal.terms.direction) if sound else None
    return {"tenths": rows, "qini": qini}


def moderately(counts: Counts, sound: bool) -> dict[str, Any]:
    """Whether the moderately likely are moved more than the others; untested until both arms and
    enough conversions say so."""
    buckets = {bucket: counts.arms(bucket) for bucket in BUCKETS}
    if not sound:
        buckets = {bucket: (Arm(0, 0), Arm(0, 0)) for bucket in BUCKETS}
    daily = counts.daily()
    limit = None if daily is None else daily.limit
    found = persuadables(buckets, counts.goal.terms.direction, limit or Z95)
    return dict(rounded(found.to_json()))


def _qini(pairs: Sequence[Pair], direction: Direction) -> dict[str, Any] | None:
    """Of who did it more often because of the campaign; to minimise, of who was kept from it. None
    where control did it so seldom that the curve would be noise."""
    if sum_of([control for _, control in pairs]).converted < FEWEST_CONVERTED:
        return None
    if direction == "minimize":
        pairs = [(_kept(test), _kept(control)) for test, control in pairs]
    curve = qini_curve(pairs)
    if curve is None:
        return None
    return {
        "coefficient": round(qini_coefficient(curve), DIGITS),
        "curve": [rounded(vars(point)) for point in curve],
    }


def _kept(arm: Arm) -> Arm:
    """Those who did not do it."""
    return Arm(arm.users, arm.users - arm.converted)
