"""`running_stack()`: the one way in which commands use the local stack.

A stack that is up already is used; otherwise it is started, and stopped at the end. Whoever uses it
holds a shared lock, and who started it waits for the others before stopping it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TextIO

from ..console import duration, say
from ..signing import Signer, TokenSigner
from .aws import local_client
from .deploy import deploy
from .errors import StackError
from .home import Home
from .interrupted import repeat_interrupted_runs
from .project import Project
from .server import Server, find, is_alive, send, start, stop

STARTING_SECONDS = 120


@dataclass(frozen=True)
class RunningStack:
    """A stack that is up and deployed.

    `started_here` is False when another process started it. `lost` says what an unclean end lost,
    None after a clean one.
    """

    server: Server
    outputs: dict[str, str]
    started_here: bool
    home: Home
    lost: str | None = None

    @property
    def api_url(self) -> str:
        return self.server.api_url

    @property
    def signer(self) -> Signer | None:
        """How commands on this machine say who asks; None when the API asks nobody."""
        if not self.server.signs_in:
            return None
        from ..issuer.served import own_token

        return TokenSigner(lambda: own_token(self.api_url, self.home.issuer_key))

    def client(self, service: str) -> Any:
        """A boto3 client of this stack."""
        return cached_client(self.server, service)


@cache
def cached_client(server: Server, service: str) -> Any:
    return local_client(server, service)


@contextlib.contextmanager
def running_stack(
    project: Project | None = None,
    home: Home | None = None,
    parameters: dict[str, str] | None = None,
    signs_in: bool = False,
) -> Iterator[RunningStack]:
    """Start or join the local stack and deploy what has changed; without `parameters` with those of
    the last time.

    `signs_in` has the API of a stack that is started here ask for tokens. Raises StackError.
    However the block ends, by Ctrl-C and SIGTERM too (`cli.py` makes an exception of it), a stack
    started here is stopped cleanly.
    """
    project, home = project or Project(), home or Home.default()
    home.root.mkdir(parents=True, exist_ok=True)
    with home.starting.open("w") as starting, home.lock.open("w") as lock:
        take(starting, "another command is starting the stack; waiting for it")
        server = find(home)
        here = server is None
        lost = what_was_lost(home) if here else None
        if lost:
            say(lost)
        began = time.monotonic()
        server = server or start(home, signs_in)
        try:
            deployment = deploy(project, home, server, parameters)
            if here:
                how = "deployed" if deployment.changed else "unchanged"
                say(f"local stack up in {duration(time.monotonic() - began)} ({how})")
                repeat_interrupted_runs(local_client(server, "stepfunctions"), deployment.outputs)
            fcntl.flock(lock, fcntl.LOCK_SH)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield RunningStack(server, deployment.outputs, here, home, lost)
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
            if here:
                take(lock, "another command uses the stack; it is stopped when that is done")
                stop(home, server)


def take(lock: TextIO, why_waiting: str) -> None:
    """An exclusive lock; says why when it has to wait."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(why_waiting)
        fcntl.flock(lock, fcntl.LOCK_EX)


def what_was_lost(home: Home) -> str | None:
    """None after a clean end; otherwise a message with what is lost and how to repair it."""
    if not home.unsaved.exists():
        return None
    saved = datetime.fromtimestamp(home.unsaved.stat().st_mtime).strftime("%Y-%m-%d %H:%M:%S")
    return (
        "The local stack ended without saving (a kill -9 or a power cut). What was written to "
        f"DynamoDB after {saved} is lost: goals, segments and published nights since then. "
        "Objects in S3 are kept. To repair, repeat the last `intent load` and `intent nightly`: "
        "what is there already is recognised and not counted twice."
    )


def stop_running(home: Home) -> bool:
    """Stop the stack that is up, whoever started it; False when there is none."""
    server = find(home)
    if server is None:
        return False
    owner_stops_it = is_alive(server.owner) and server.owner != os.getpid()
    send(server.owner if owner_stops_it else server.pid, signal.SIGTERM)
    end = time.monotonic() + STARTING_SECONDS
    while is_alive(server.pid):
        if time.monotonic() > end:
            raise StackError(f"the stack (process {server.pid}) does not stop; see {home.log}")
        time.sleep(0.05)
    if not owner_stops_it:
        home.server.unlink(missing_ok=True)
        home.remove_tmp()
    return True
