"""Small summaries of large columns that merge: most frequent values, distinct values, users.

Merging the summaries of two batches gives the summary of both, so a catalogue is kept up by what an
import brings, without reading history again. All are deterministic.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TOP_VALUES = 64
"""Values that a TopValues keeps: no count is off by more than a 64th of all."""

MAX_DISTINCT = 1_000
"""Distinct values are counted exactly below this; from here on there are `1,000 or more`."""

HASH_BYTES = 5
"""Of a value's MD5: of 1,000 values two share 40 bits with a probability of 5 in 10 million."""

HASHES = 1 << 64
"""How many user hashes there can be, from -2^63 on."""

NORMAL95 = 1.96
"""Standard deviations to both sides that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class TopValues:
    """SpaceSaving (Metwally, Agrawal and El Abbadi 2005), merged as Cafaro, Tempesta and Pulimeno
    (2014) have it. `counts` maps a value to (count, error): the true count lies in
    [count - error, count]. Without `dropped` it holds every value, each counted exactly.
    """

    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    dropped: bool = False

    @property
    def unseen(self) -> int:
        """The most often that a value which is not kept can have occurred."""
        return min((count for count, _ in self.counts.values()), default=0) if self.dropped else 0

    def merged(self, other: TopValues) -> TopValues:
        """The summary of both batches."""
        together: dict[str, tuple[int, int]] = {}
        for value in {**self.counts, **other.counts}:
            count = error = 0
            for side in (self, other):
                # Who does not keep a value may have seen it as often as its least frequent one.
                more = side.counts.get(value, (side.unseen, side.unseen))
                count, error = count + more[0], error + more[1]
            together[value] = (count, error)
        return TopValues.of(together, self.dropped or other.dropped)

    @classmethod
    def of(cls, counts: Mapping[str, tuple[int, int]], dropped: bool = False) -> TopValues:
        """The TOP_VALUES most frequent of some values, ties by value."""
        ordered = sorted(counts.items(), key=lambda entry: (-entry[1][0], entry[0]))
        return cls(dict(ordered[:TOP_VALUES]), dropped or len(ordered) > TOP_VALUES)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, most frequent first."""
        return {"counts": [[v, *both] for v, both in self.counts.items()], "dropped": self.dropped}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TopValues:
        """The inverse of `to_json`."""
        return cls(
            {v: (count, error) for v, count, error in document["counts"]}, document["dropped"]
        )


@dataclass(frozen=True)
class Distinct:
    """Distinct values by hash, exact below MAX_DISTINCT; None where there are that many or more."""

    hashes: frozenset[int] | None = frozenset()

    @property
    def count(self) -> int:
        """How many; MAX_DISTINCT stands for that many or more."""
        return MAX_DISTINCT if self.hashes is None else len(self.hashes)

    def merged(self, other: Distinct) -> Distinct:
        """The summary of both batches."""
        if self.hashes is None or other.hashes is None:
            return Distinct(None)
        return Distinct.of(self.hashes | other.hashes)

    @classmethod
    def of(cls, hashes: Iterable[int]) -> Distinct:
        """From hashes below 256**HASH_BYTES."""
        found = frozenset(hashes)
        return cls(found if len(found) < MAX_DISTINCT else None)

    def to_json(self) -> str | None:
        """Base64 of the hashes in ascending order."""
        if self.hashes is None:
            return None
        held = b"".join(value.to_bytes(HASH_BYTES, "big") for value in sorted(self.hashes))
        return base64.b64encode(held).decode()

    @classmethod
    def from_json(cls, document: str | None) -> Distinct:
        """The inverse of `to_json`."""
        if document is None:
            return cls(None)
        held = base64.b64decode(document)
        cut = range(0, len(held), HASH_BYTES)
        return cls(frozenset(int.from_bytes(held[at : at + HASH_BYTES], "big") for at in cut))


@dataclass(frozen=True)
class Users:
    """Users by the `size` lowest of their hashes (Bar-Yossef et al. 2002: k minimum values).

    User hashes are uniform (`layout.user_hash`), so the lowest ones of a set tell how many it has;
    while there are no more than `size` they are all there and the number is exact.
    """

    lowest: tuple[int, ...]
    size: int
    dropped: bool = False

    def merged(self, other: Users) -> Users:
        """The summary of both batches, as large as the smaller one."""
        everyone = set(self.lowest) | set(other.lowest)
        return Users.of(everyone, min(self.size, other.size), self.dropped or other.dropped)

    @classmethod
    def of(cls, hashes: Iterable[int], size: int, dropped: bool = False) -> Users:
        """From user hashes (signed 64 bits); `dropped` says that higher ones are missing."""
        ordered = sorted(set(hashes))
        return cls(tuple(ordered[:size]), size, dropped or len(ordered) > size)

    def shrunk(self, size: int) -> Users:
        """The same with fewer hashes."""
        return Users.of(self.lowest, min(size, self.size), self.dropped)

    def without(self, gone: Collection[int]) -> Users:
        """The same without some users. Where higher hashes are missing it becomes as much smaller:
        who would come next is not known."""
        left = [uh for uh in self.lowest if uh not in gone]
        size = len(left) if self.dropped else self.size
        return Users.of(left, size, self.dropped)

    @property
    def count(self) -> int:
        """How many users: exact, or the estimate whose relative error `margin` bounds."""
        if not self.dropped or not self.lowest:
            return len(self.lowest)
        share = (self.lowest[-1] + HASHES // 2 + 1) / HASHES
        return round((len(self.lowest) - 1) / share)

    @property
    def margin(self) -> float:
        """Half the width of the 95 % interval of `count`, relative to it; 0 where it is exact."""
        if not self.dropped:
            return 0.0
        return NORMAL95 / math.sqrt(max(1, len(self.lowest) - 2))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; hashes as base64 of big-endian 64-bit integers."""
        packed = struct.pack(f">{len(self.lowest)}q", *self.lowest)
        return {
            "lowest": base64.b64encode(packed).decode(),
            "size": self.size,
            "dropped": self.dropped,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Users:
        """The inverse of `to_json`."""
        packed = base64.b64decode(document["lowest"])
        lowest: Sequence[int] = struct.unpack(f">{len(packed) // 8}q", packed)
        return cls(tuple(lowest), document["size"], document["dropped"])
