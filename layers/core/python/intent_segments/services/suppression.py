"""Who must not be sent to by anybody, whatever was planned."""

from __future__ import annotations

from ..store.stores import Stores


def suppressed(stores: Stores) -> frozenset[int]:
    """User hashes that nothing is sent to from this moment on: those whose erasure is pending."""
    return stores.erasures.suppressed()
