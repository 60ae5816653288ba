"""Who went where from one night to the next: integer counts per user group, which merge by adding.

Every member has one standing per night: a bucket, achieved or lost. `outside` is where members come
from on day 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

BUCKET_CHANGED = "bucket.changed"
"""The type of the event that says so."""


class Standing(IntEnum):
    """The first three are the numbers of `buckets.Bucket`."""

    LEAST_LIKELY = 0
    MODERATELY_LIKELY = 1
    MOST_LIKELY = 2
    ACHIEVED = 3
    LOST = 4
    OUTSIDE = 5

    @property
    def label(self) -> str:
        """The name in the API, in files and in events."""
        return self.name.lower()


TO = tuple(standing for standing in Standing if standing != Standing.OUTSIDE)
"""Where members can be tonight: nobody leaves a target group."""
FROM = (Standing.OUTSIDE, *TO)

Move = tuple[Standing, Standing]


@dataclass(frozen=True)
class Changes:
    """Members by (standing of the night before, standing tonight), those who stayed among them; who
    is not in it is nobody. `+` merges groups."""

    moves: Mapping[Move, int] = field(default_factory=dict)

    def __add__(self, other: Changes) -> Changes:
        moves = self.moves.keys() | other.moves.keys()
        return Changes(
            {move: self.moves.get(move, 0) + other.moves.get(move, 0) for move in sorted(moves)}
        )

    @property
    def members(self) -> int:
        return sum(self.moves.values())

    @property
    def changed(self) -> int:
        """Members whose standing tonight is another one than the night before."""
        return sum(n for (before, now), n in self.moves.items() if before != now)

    def now(self, standing: Standing) -> int:
        """Members with this standing tonight."""
        return sum(n for (_, now), n in self.moves.items() if now == standing)

    def to_json(self) -> dict[str, dict[str, int]]:
        """{from: {to: members}}, without what nobody did."""
        rows: dict[str, dict[str, int]] = {}
        for (before, now), n in sorted(self.moves.items()):
            if n:
                rows.setdefault(before.label, {})[now.label] = n
        return rows

    @classmethod
    def from_json(cls, document: Mapping[str, Mapping[str, int]]) -> Changes:
        """The inverse of `to_json`."""
        return cls(
            {
                (Standing[before.upper()], Standing[now.upper()]): int(n)
                for before, row in document.items()
                for now, n in row.items()
            }
        )

    def told(self) -> dict[str, Any]:
        """As it is published: {"changed", "matrix": {from: {to: members}}}, every pair there."""
        matrix = {
            before.label: {now.label: self.moves.get((before, now), 0) for now in TO}
            for before in FROM
        }
        return {"changed": self.changed, "matrix": matrix}
