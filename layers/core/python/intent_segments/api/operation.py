"""What one operation of the HTTP API is, and which one a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Function = Literal["api", "query", "forecast", "deliver", "calls"]

Role = Literal["viewer", "marketer", "admin"]

ROLES: tuple[Role, ...] = ("viewer", "marketer", "admin")
"""Each may do what those before it may. A viewer reads numbers and never sees a list of users; a
marketer asks, saves and sees users; an admin also changes the account."""

Needed = Literal["nobody", "write_key", "anybody"] | Role
"""Whom an operation is for. `nobody` is asked who they are; `write_key` is for ingest, whose routes
pass the gateway unasked and whose router checks the key itself; `anybody` is whoever is signed in,
with or without a role."""


@dataclass(frozen=True)
class Operation:
    """`status` is that of success; `problems` are names in `problem.KINDS` worth telling apart
    from the ones every operation may answer; `parameters` are query or header parameters; `also`
    are media types of an answer for people; `role` is the least that a caller needs, and has no
    default so that nobody forgets to choose."""

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
    also: tuple[str, ...] = ()
    role: Needed = field(kw_only=True)

    @property
    def id(self) -> str:
        """`get_v1_goals_goal_id`: stable as long as the path is."""
        return "_".join([self.method.lower(), *re.findall(r"\w+", self.path)])

    @property
    def route(self) -> str:
        """`GET /v1/users/{user_id}/intents`, as in template.yaml and in logs."""
        return f"{self.method} {self.path}"

    @property
    def is_open(self) -> bool:
        """Whether the gateway lets everybody through to it."""
        return self.role in ("nobody", "write_key")

    def has(self, path: str) -> bool:
        """Whether a path, as it was sent, is one of this operation."""
        return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", self.path), path) is not None


PAGED = ("limit", "starting_after")
WRITTEN = ("malformed-request", "body-too-large", "invalid-input")
