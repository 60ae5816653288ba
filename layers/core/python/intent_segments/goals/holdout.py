"""Users whom nothing ever reaches: what all campaigns together change is measured against them.

A user is held out when HMAC-SHA256(key, user hash), read as a fraction, lies below the share: the
draw needs no memory, is the same everywhere, and is independent of the arms of goals and of the
groups of users. The key comes from the account's secret salt and from how often a holdout was
switched on: whoever was let go by one is not held out again because of it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..errors import Conflict, InvalidInput

MOST_SHARE = 0.1
LEAST_SHARE = 0.005
"""Below it nothing is measured; above MOST_SHARE it costs more than it tells."""

_FRACTION_BITS = 64

OFF: Mapping[str, Any] = {"share": 0, "since": None, "number": 0}
"""What an account keeps that never had one. `number` counts how often it was switched on."""


@dataclass(frozen=True)
class Holdout:
    """`share` of all users since the local day `since`, drawn by `key` (hex), which is secret."""

    share: float
    since: date
    key: str

    def holds(self, hashes: Iterable[int]) -> list[bool]:
        """Who is held out, in the order of the user hashes given. About 2 µs per user."""
        key, below = bytes.fromhex(self.key), int(self.share * (1 << _FRACTION_BITS))
        digest, sha256 = hmac.digest, hashlib.sha256
        return [
            int.from_bytes(digest(key, uh.to_bytes(8, "big", signed=True), sha256)[:8], "big")
            < below
            for uh in hashes
        ]

    def to_json(self) -> dict[str, Any]:
        return {"share": self.share, "since": self.since.isoformat(), "key": self.key}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Holdout:
        """The inverse of `to_json`."""
        return cls(document["share"], date.fromisoformat(document["since"]), document["key"])


def holdout_of(kept: Mapping[str, Any], account_salt: str) -> Holdout | None:
    """The holdout that an account has, by what it keeps; None while it is off."""
    if not kept["share"]:
        return None
    message = f"holdout {kept['number']}".encode()
    key = hmac.digest(account_salt.encode(), message, hashlib.sha256).hex()
    return Holdout(kept["share"], date.fromisoformat(kept["since"]), key)


def agree_holdout(kept: Mapping[str, Any], share: float, today: date) -> dict[str, Any]:
    """What an account keeps once its holdout has this share, 0 for off. `today` is the local day
    from which on it holds.

    Raises InvalidInput for a share outside the limits, Conflict for another share while it is on.
    """
    if share and not LEAST_SHARE <= share <= MOST_SHARE:
        raise InvalidInput.at(
            "holdout_share",
            f"holdout_share must be 0 (off) or from {LEAST_SHARE} to {MOST_SHARE}, not {share}",
        )
    if share == kept["share"]:
        return dict(kept)
    if share and kept["share"]:
        raise Conflict.at(
            "holdout_share",
            f"The holdout is {kept['share']} since {kept['since']} and keeps its share: with "
            "another one users would be compared who were reached before. Switch it off (0), which "
            "lets all of them go, and on again, which draws others.",
        )
    if not share:
        return {"share": 0, "since": None, "number": kept["number"]}
    return {"share": share, "since": today.isoformat(), "number": kept["number"] + 1}
