"""The control arm of a target group.

A member is in the control group when HMAC-SHA256(salt, user_id), read as a fraction, lies below
the share: a Bernoulli draw per member that needs no memory, is the same on every machine and is
independent of the user hash that groups and panels are cut by.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from enum import IntEnum

MIN_CONTROL_SHARE = 0.01
MAX_CONTROL_SHARE = 0.20
"""Below 1 % nothing can be measured against the control group; above 20 % it costs too much."""

_FRACTION_BITS = 64


class Arm(IntEnum):
    """The column `arm` of targets and scores."""

    TEST = 0
    CONTROL = 1

    @property
    def label(self) -> str:
        return self.name.lower()


def control_salt(account_salt: str, events: Sequence[str], match: str) -> str:
    """The salt (hex) of a goal: the same for all goals of an account on the same events.

    Sharing it keeps a member out of the treatment of both goals at once, so that one goal's
    messages do not reach the other's control group. `events` are identities: a filtered event is
    another one than the event of that name. With one event `match` means nothing, so it
    is left out there. `account_salt` is random and secret: whoever knows it can tell the arms.
    """
    canonical = json.dumps(
        [sorted(events), match if len(events) > 1 else "any"],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hmac.digest(account_salt.encode(), canonical.encode(), hashlib.sha256).hex()


def draw_arms(salt: str, user_ids: Iterable[str], share: float) -> list[Arm]:
    """The arm of each user, in the order given. `share` is the control group's, 0..1.

    About 3 µs per user on one core.
    """
    key = bytes.fromhex(salt)
    below = int(share * (1 << _FRACTION_BITS))
    digest, sha256 = hmac.digest, hashlib.sha256
    return [
        Arm.CONTROL
        if int.from_bytes(digest(key, user_id.encode(), sha256)[:8], "big") < below
        else Arm.TEST
        for user_id in user_ids
    ]
