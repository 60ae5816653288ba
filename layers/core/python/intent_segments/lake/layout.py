"""Where things lie in the lake, and which group of users a user belongs to.

The user hash is a contiguous key space: a group is a range of its top 12 bits, so the number of
groups can change without hashing anybody again, and the panel is simply the lowest range.
"""

from __future__ import annotations

import hashlib

HASH_SQL = """(CASE WHEN CAST('0x' || substr(md5({id}), 1, 16) AS UBIGINT) >= 9223372036854775808
 THEN CAST(CAST('0x' || substr(md5({id}), 1, 16) AS UBIGINT) AS HUGEINT) - 18446744073709551616
 ELSE CAST(CAST('0x' || substr(md5({id}), 1, 16) AS UBIGINT) AS HUGEINT) END)::BIGINT"""
"""`user_hash` of the VARCHAR expression `{id}` in DuckDB SQL."""

BEFORE_ALL = -(2**63) - 1
"""Below every user hash."""

SLOTS = 4096
"""The finest ranges of the user hash: its top 12 bits. The most groups there can be."""


def user_hash(user_id: str) -> int:
    """Signed 64-bit hash of a user id: the first 8 bytes of its MD5, big-endian.

    MD5 spreads users evenly; it protects nothing here. `HASH_SQL` is the same in SQL.
    At 10 million users two ids share a hash with probability 3e-6 (birthday bound, n^2 / 2^65).
    """
    digest = hashlib.md5(user_id.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def slot_of(uh: int) -> int:
    """0..4095: the position of a hash in the key space, in ascending order of `uh`."""
    return (uh >> 52) + SLOTS // 2


def group_of(uh: int, groups: int) -> int:
    """0..groups-1: the group that holds a user when the account has `groups` groups."""
    return slot_of(uh) * groups // SLOTS


def group_bounds(group: int, groups: int) -> tuple[int, int]:
    """The half-open range [low, high) of `uh` that a group holds; `high` is exclusive."""
    low_slot = -(-group * SLOTS // groups)
    high_slot = -(-(group + 1) * SLOTS // groups)
    return (low_slot - SLOTS // 2) << 52, (high_slot - SLOTS // 2) << 52


def part_key(table: str, gen: str, group: int) -> str:
    """S3 key of one group's file of a part."""
    return f"{table}/{gen}/g={group:04d}.parquet"


def slot_start(slot: int) -> int:
    """The lowest user hash of a slot 0..4095; for 4096, one more than the highest hash there is."""
    return (slot - SLOTS // 2) << 52
