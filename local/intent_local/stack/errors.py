"""What can go wrong with the local stack itself."""

from __future__ import annotations

from intent_segments.errors import IntentError


class StackError(IntentError):
    """The local stack cannot start, deploy or answer; the message says what to look at."""
