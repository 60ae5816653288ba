"""Waiting longer after each failure: exponential backoff with full jitter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """`sleep` waits seconds, `random` draws from [0, 1); both come in.

    The pause after attempt n is uniform between 0 and min(longest, first * 2 ** (n - 1)) seconds:
    "full jitter" of M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    sleep: Callable[[float], None]
    random: Callable[[], float]
    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0
    patience: float = 120.0
    """The longest wait that a receiver can ask for, in seconds: a function lives 900."""

    def pause(self, attempt: int, asked: float | None = None) -> bool:
        """Wait after attempt `attempt` (from 1 on), at least the `asked` seconds.

        False, without a wait, when that was the last attempt or more was asked than there is
        patience for.
        """
        if attempt >= self.attempts or (asked or 0.0) > self.patience:
            return False
        ceiling = min(self.longest, self.first * 2.0 ** (attempt - 1))
        self.sleep(max(self.random() * ceiling, asked or 0.0))
        return True
