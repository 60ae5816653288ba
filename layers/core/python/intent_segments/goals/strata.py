"""Who was alike on day 0, and what became of them in either arm: the counts that uplift is read of.

Groups of users add theirs up in any order. A stratum holds the members of one day-0 bucket, one
tenth of the likelihoods of day 0 and one arm, with the sums that a regression on the likelihood
needs. Buckets and tenths are settled on day 0: whatever is known of a member later may have been
changed by a campaign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from .buckets import NO_PERCENTILE, Bucket
from .target_group import Arm

TENTHS = 10
"""Parts of the members by likelihood, 0 the least likely to do it."""

UNPLACED = 255
"""The tenth of members whose likelihood was compared with nobody's, and of none."""


@dataclass(frozen=True)
class Stratum:
    """`users`, those of them who `did` it, and of the likelihoods x of day 0 (of the EVENT, in
    1e-6) the sums of x, of x^2, and of x of those who did it."""

    users: int = 0
    did: int = 0
    x: int = 0
    xx: int = 0
    xy: int = 0

    def __add__(self, other: Stratum) -> Stratum:
        return Stratum(
            self.users + other.users,
            self.did + other.did,
            self.x + other.x,
            self.xx + other.xx,
            self.xy + other.xy,
        )


Place = tuple[int, int, int]
"""(bucket, tenth, arm) as in the columns of scores; a bucket or tenth of 255 is none."""


@dataclass(frozen=True)
class Strata:
    """Members by place, empty places left out. `+` merges groups."""

    places: Mapping[Place, Stratum] = field(default_factory=dict)

    def __add__(self, other: Strata) -> Strata:
        return Strata(
            {
                place: self.places.get(place, Stratum()) + other.places.get(place, Stratum())
                for place in self.places.keys() | other.places.keys()
            }
        )

    @property
    def users(self) -> int:
        return sum(stratum.users for stratum in self.places.values())

    def of(self, arm: Arm, bucket: Bucket | None = None, tenth: int | None = None) -> Stratum:
        """All members of an arm, or those of one bucket or tenth among them."""
        return sum(self._some(arm, bucket, tenth), Stratum())

    def tenths(self) -> list[int]:
        """The tenths that hold somebody, the likeliest to do it first."""
        found = {tenth for _, tenth, _ in self.places if tenth != UNPLACED}
        return sorted(found, reverse=True)

    def to_json(self) -> list[list[int]]:
        """[[bucket, tenth, arm, users, did, x, xx, xy], …], ascending by place."""
        return [[*place, *astuple(self.places[place])] for place in sorted(self.places)]

    @classmethod
    def from_json(cls, document: Iterable[Iterable[Any]]) -> Strata:
        """The inverse of `to_json`."""
        rows = [[int(value) for value in row] for row in document]
        return cls({(row[0], row[1], row[2]): Stratum(*row[3:]) for row in rows})

    def _some(self, arm: Arm, bucket: Bucket | None, tenth: int | None) -> Iterator[Stratum]:
        for (in_bucket, in_tenth, in_arm), stratum in self.places.items():
            if in_arm != arm or (bucket is not None and in_bucket != bucket):
                continue
            if tenth is None or in_tenth == tenth:
                yield stratum


def tenth_of(percentile: int, unwanted: bool) -> int:
    """The tenth of a member with this percentile among the likelihoods of achieving the goal.

    `unwanted` events are those of a goal to minimise: who is least likely to achieve it is the
    likeliest to do them.
    """
    if percentile == NO_PERCENTILE:
        return UNPLACED
    tenth = percentile * TENTHS // 100
    return TENTHS - 1 - tenth if unwanted else tenth
