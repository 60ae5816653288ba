"""One operation of the HTTP API, and what several have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Function = Literal["api", "query", "forecast", "deliver"]


@dataclass(frozen=True)
class Operation:
    """`status` is that of success; `problems` are names in `problem.KINDS` worth telling apart
    from the ones every operation may answer; `parameters` are query or header parameters."""

    method: str
    path: str
    summary: str
    answer: str | None
    tag: str
    function: Function = "api"
    request: str | None = None
    status: int = 200
    parameters: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


PAGED = ("limit", "starting_after")
WRITTEN = ("malformed-request", "body-too-large", "invalid-input")
