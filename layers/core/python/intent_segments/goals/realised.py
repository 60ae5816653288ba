"""Ranking quality realised: the likelihoods of day 0 held against what came, as integer sketches.

Groups of users add theirs up in any order. Members are counted by how likely the EVENT was said to
be on day 0, in bins a fiftieth of a logit wide: members of one bin count as equally likely, which
takes less than .005 off an AUC and nothing off the other figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

from .cuts import CERTAIN

Counts = tuple[int, int, int]

_PER_LOGIT = 50
_REACH = 14
"""Logits: beyond it a likelihood in 1e-6 is 0 or 1."""

EDGES = tuple(
    sorted(
        {
            round(CERTAIN / (1 + exp(-step / _PER_LOGIT)))
            for step in range(-_REACH * _PER_LOGIT, _REACH * _PER_LOGIT + 1)
        }
    )
)
"""Likelihoods in 1e-6 at which bins begin, ascending: bin b holds EDGES[b - 1] <= q < EDGES[b]."""

TENTHS = 10

_COLUMNS = ("users", "did", "expected")
"""Of a bin, as `Realised.to_json` calls them."""


@dataclass(frozen=True)
class Realised:
    """`bins[b]` is (members, those who did it, sum of their likelihoods of the event in 1e-6).

    `squares` is the sum of squared likelihoods in 1e-12 and `hits` the sum of the likelihoods of
    those who did it in 1e-6; with them the Brier score is exact. `expected` is the sum of the
    likelihoods per day-0 bucket (least, moderately, most) in 1e-6. `+` merges groups.
    """

    bins: Mapping[int, Counts] = field(default_factory=dict)
    squares: int = 0
    hits: int = 0
    expected: Counts = (0, 0, 0)

    def __add__(self, other: Realised) -> Realised:
        bins = dict(self.bins)
        for at, counts in other.bins.items():
            bins[at] = _added(bins[at], counts) if at in bins else counts
        return Realised(
            bins=bins,
            squares=self.squares + other.squares,
            hits=self.hits + other.hits,
            expected=_added(self.expected, other.expected),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON. A column per number: of a large group there are a thousand bins, and so a
        last night reads them ten times as fast as lists of three."""
        order = sorted(self.bins)
        columns = {name: [self.bins[at][i] for at in order] for i, name in enumerate(_COLUMNS)}
        return {
            "bins": {"at": order, **columns},
            "squares": self.squares,
            "hits": self.hits,
            "expected": list(self.expected),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Realised:
        """The inverse of `to_json`."""
        bins = document["bins"]
        columns = [bins[name] for name in _COLUMNS]
        return cls(
            bins=dict(zip(bins["at"], zip(*columns, strict=True), strict=True)),
            squares=int(document["squares"]),
            hits=int(document["hits"]),
            expected=_counts(document["expected"]),
        )

    def summary(self) -> dict[str, Any] | None:
        """What is published of it; None without members.

        {"users", "did", "auc", "brier", "ece", "tenths", "expected"}: metrics of the event, `auc`
        None unless both outcomes came; `tenths` are up to ten parts of the members, equally large
        but for ties, from the least likely up, as {"users", "did", "expected"}; expectations are
        counts of users. `ece` is the mean distance of rate and expected rate over the tenths.
        """
        users, did, _ = _sum(self.bins.values())
        if not users:
            return None
        tenths = self._tenths(users)
        gap = sum(abs(part_did * CERTAIN - expected) for _, part_did, expected in tenths)
        squared = self.squares - 2 * CERTAIN * self.hits + did * CERTAIN**2
        return {
            "users": users,
            "did": did,
            "auc": self._auc(users, did),
            "brier": round(squared / CERTAIN**2 / users, 6),
            "ece": round(gap / CERTAIN / users, 6),
            "tenths": [
                {"users": n, "did": k, "expected": round(micro / CERTAIN, 2)}
                for n, k, micro in tenths
            ],
            "expected": [round(micro / CERTAIN, 2) for micro in self.expected],
        }

    def _auc(self, users: int, did: int) -> float | None:
        """The chance that one who did it was said to be likelier than one who did not, a tie
        counting half: from whole numbers, doubled."""
        if not 0 < did < users:
            return None
        above, others_below = 0, 0
        for at in sorted(self.bins):
            n, k, _ = self.bins[at]
            above += k * (2 * others_below + (n - k))
            others_below += n - k
        return round(above / (2 * did * (users - did)), 6)

    def _tenths(self, users: int) -> list[Counts]:
        """Each bin, whole, in the tenth that its middle member is in."""
        parts: dict[int, Counts] = {}
        below = 0
        for at in sorted(self.bins):
            n = self.bins[at][0]
            tenth = min((2 * below + n) * TENTHS // (2 * users), TENTHS - 1)
            parts[tenth] = _added(parts.get(tenth, (0, 0, 0)), self.bins[at])
            below += n
        return [parts[tenth] for tenth in sorted(parts)]


def _sum(counts: Iterable[Counts]) -> Counts:
    total: Counts = (0, 0, 0)
    for one in counts:
        total = _added(total, one)
    return total


def _added(left: Counts, right: Counts) -> Counts:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def _counts(values: Any) -> Counts:
    first, second, third = values
    return int(first), int(second), int(third)
