"""Who came into a segment and who left it since the send before, of those who may be told of.

A receiver that keeps a list by what it is told has the segment without those who are held back: so
a member who is held back from tonight on leaves, and one who no longer is enters.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.int64]


class Crossing(IntEnum):
    """The column `crossing` of audiences and of the exposure log."""

    NONE = 0
    """Of an engagement that does not stream."""
    ENTERED = 1
    LEFT = 2

    @property
    def label(self) -> str:
        """The name in the API."""
        return self.name.lower()


@dataclass(frozen=True)
class Membership:
    """Members of a segment on one night, in one group of users: int64 user hashes, no user twice.
    `told` may be told of, `held_back` are in the control group of a goal that the segment asks
    for. Who is held out of everything is in neither."""

    told: Hashes
    held_back: Hashes


@dataclass(frozen=True)
class Crossed:
    """Users in the order of `crossing`, then of the hash `uh`, no user twice; `held_back` are those
    whom nobody is told of."""

    uh: Hashes
    crossing: npt.NDArray[np.uint8]
    held_back: npt.NDArray[np.bool_]


NOBODY = Membership(np.empty(0, np.int64), np.empty(0, np.int64))


def crossed(before: Membership, now: Membership, wanted: Collection[str]) -> Crossed:
    """Who crossed between two nights; `wanted` are the labels of the crossings that are told."""
    found = (
        (Crossing.ENTERED, False, _without(now.told, before.told)),
        (Crossing.ENTERED, True, _without(now.held_back, before.held_back, before.told)),
        (Crossing.LEFT, False, _without(before.told, now.told)),
        (Crossing.LEFT, True, _without(before.held_back, now.held_back, now.told)),
    )
    sizes = [len(users) if crossing.label in wanted else 0 for crossing, _, users in found]
    uh = np.concatenate([users[:size] for (*_, users), size in zip(found, sizes, strict=True)])
    crossing = np.repeat(np.array([crossing for crossing, *_ in found], np.uint8), sizes)
    held_back = np.repeat(np.array([held for _, held, _ in found], np.bool_), sizes)
    order = np.lexsort((uh, crossing))
    return Crossed(uh[order], crossing[order], held_back[order])


def _without(users: Hashes, *others: Hashes) -> Hashes:
    return np.setdiff1d(users, np.concatenate(others))
