"""Ids: a prefix that names the kind, then 48 bits of time and 80 random bits in base 32.

Ids of one kind sort by the time they were made (to the millisecond), which is the order of lists.
"""

from __future__ import annotations

from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u; its order is that of its character codes."""

RANDOM_BYTES = 10


def make_id(prefix: str, now: datetime, random: bytes) -> str:
    """`goal_01jd…`: `random` must be RANDOM_BYTES fresh bytes, `now` an instant."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"{len(random)} random bytes, {RANDOM_BYTES} are needed")
    number = (int(now.timestamp() * 1000) << 80) | int.from_bytes(random, "big")
    return prefix + "_" + "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
