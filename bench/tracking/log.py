"""The sender's log: what it was about to send, and what was answered.

A line {"r": number} before each request, and {"r", "kind", "status", "ms", "refused"} after it.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .plan import Load, Request

TAKEN = 200
ANSWERED = (TAKEN, 422)
"""Statuses after which a library does not send again."""


class Log:
    """Lines that a kill -9 of this process cannot lose: each is written when it is told."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def tell(self, **line: Any) -> None:
        os.write(self.file, json.dumps(line, separators=(",", ":")).encode() + b"\n")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """What a log says; a line that was cut by a kill is passed over."""
    if path.exists():
        with path.open() as log:
            for line in log:
                if line.endswith("\n"):
                    yield json.loads(line)


def waiting(load: Load, log: Path) -> deque[Request]:
    """Requests that have not been answered as often as they are to be sent."""
    answered: dict[int, int] = {}
    for line in lines(log):
        if line.get("status") in ANSWERED:
            answered[line["r"]] = answered.get(line["r"], 0) + 1
    left: deque[Request] = deque()
    for request in load.requests():
        left.extend([request] * (1 + request.again - answered.get(request.number, 0)))
    return left
