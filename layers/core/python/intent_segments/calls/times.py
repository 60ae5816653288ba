"""When a call happened, by a clock that may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(text: object) -> int | None:
    """Epoch microseconds (UTC) of an ISO 8601 text; without an offset it is UTC. None for anything
    that is no time."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    try:
        return (parsed - EPOCH) // MICROSECOND
    except OverflowError:
        return None


def happened(said: int | None, sent: int | None, received: int) -> int:
    """Epoch microseconds at which a call happened, by the server's clock.

    `said` and `sent` are by the client's clock, whose error is the same in both: what counts is how
    long before it was sent the call happened. received - (sent - said), as in the specification
    ("Common fields", timestamps). Without `sent` what was said is taken as it is.
    """
    if said is None:
        return received
    return said if sent is None else received - (sent - said)
