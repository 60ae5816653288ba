"""Who must not be sent to by anybody, whatever was planned."""

from __future__ import annotations

from ..lake.layout import group_of
from ..store.stores import Stores


def suppressed(stores: Stores) -> frozenset[int]:
    """User hashes that nothing is sent to from this moment on: those whose erasure is pending."""
    return stores.erasures.suppressed()


def may_name_suppressed(stores: Stores, number: int, groups: int, begun_at: str) -> bool:
    """Whether a file of users of one group of `groups`, whose making began at an instant (UTC,
    ISO), may name somebody whose erasure is pending: then it was made before that was asked for."""
    return any(
        group_of(hidden.uh, groups) == number and hidden.requested_at >= begun_at
        for hidden in stores.erasures.current().pending
    )
