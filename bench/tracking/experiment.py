"""One load from its first request to the comparison, with all that is ended in between."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intent_local.connection import local
from intent_local.invoke import FunctionFailedError, invoke
from intent_local.stack.home import Home
from intent_local.stack.running import RunningStack, running_stack

from .log import ANSWERED, lines
from .plan import Load
from .reconcile import Account, reconcile
from .stack import (
    bucket,
    kill_workers,
    manifest_key,
    messages,
    peak_megabytes,
    redeliver_after,
    wait_until_landed,
)

USERS = 3
"""Requests at a time: one more than processors."""
REDELIVERED_SECONDS = 20
MOVED = "the stack, cleanly, amid requests, to come back on another port"


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Have a port of loopback in use by somebody else."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


@dataclass(frozen=True)
class Found:
    """Seconds of the sending, of the roll-ups and of all; what was ended, in order; what roll-ups
    told, and the most megabytes that one of them held; messages left in the dead-letter queue."""

    load: Load
    account: Account
    sending: float
    rolling: float
    seconds: float
    ended: list[str]
    rolled: list[dict[str, Any]]
    megabytes: int
    dead: int


@dataclass
class Experiment:
    """`folder` gets the stack, the log and scratch. `redelivered` is after how many seconds the
    queue hands out again what a killed function had."""

    load: Load
    folder: Path
    redelivered: int = REDELIVERED_SECONDS
    ended: list[str] = field(default_factory=list)
    rolled: list[dict[str, Any]] = field(default_factory=list)
    rolling: float = 0.0
    megabytes: int = 0
    key: str = ""
    child: subprocess.Popen[bytes] | None = None

    def run(self) -> Found:
        """Send, end, roll up, compare."""
        began = time.monotonic()
        home = Home(self.folder / "home")
        try:
            with running_stack(home=home) as running:
                self.key = local(running).api.post("/v1/write-keys", {"name": "load"})["write_key"]
                redeliver_after(running, self.redelivered)
                sending = time.monotonic()
                self.start(running)
                self.at(0.15, lambda: self.end_sender(running))
                self.at(0.3, lambda: self.end_function(running, "CallsFunction"))
                self.at(0.4, lambda: self.end_landing(running))
                self.at(0.5, lambda: self.roll_up_killed(running))
                self.at(
                    0.6,
                    lambda: self.ended.append(
                        "the stack, cleanly, amid requests, to come back on another port"
                    ),
                )
            with taken(running.server.aws_port), running_stack(home=home) as running:
                self.end_sender(running, told=False)  # whose stack has other ports now
                self.at(0.8, lambda: self.end_function(running, "CallsFunction"))
                assert self.child is not None
                self.child.wait()
                done = time.monotonic()
                wait_until_landed(running)
                self.roll_up(running)
                account = reconcile(
                    self.load,
                    self.log,
                    bucket(local(running)),
                    manifest_key(running),
                    self.folder / "cache",
                )
                dead = messages(running, "UnreadableCalls")
        finally:
            if self.child is not None:
                self.child.kill()
                self.child.wait()
        total = time.monotonic() - began
        return Found(
            self.load,
            account,
            done - sending,
            self.rolling,
            total,
            self.ended,
            self.rolled,
            self.megabytes,
            dead,
        )

    @property
    def log(self) -> Path:
        return self.folder / "sent.jsonl"

    def start(self, running: RunningStack) -> None:
        """Start a sender, which goes on where the log ends."""
        load = self.load
        told = (load.events, load.batch, load.began.isoformat(), USERS)
        command = [sys.executable, "-m", "bench.tracking.sender"]
        with (self.folder / "sender.txt").open("ab") as out:
            self.child = subprocess.Popen(
                [*command, str(self.log), running.api_url, self.key, *map(str, told)],
                stdout=out,
                stderr=out,
            )

    def at(self, share: float, do: Callable[[], Any]) -> None:
        """Do it once such a share of the calls was answered. Raises RuntimeError when the sender
        has died."""
        counts = {request.number: request.count for request in self.load.requests()}
        while True:
            done = {line["r"] for line in lines(self.log) if line.get("status") in ANSWERED}
            if sum(counts[number] for number in done) >= share * self.load.events:
                break
            assert self.child is not None
            if self.child.poll() not in (None, 0):
                raise RuntimeError((self.folder / "sender.txt").read_text()[-2_000:])
            time.sleep(0.3)
        do()

    def end_sender(self, running: RunningStack, told: bool = True) -> None:
        """SIGKILL the sender, and start another one."""
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        if told:
            self.ended.append("the sender (SIGKILL)")
        self.start(running)

    def end_function(self, running: RunningStack, function: str) -> int:
        killed = kill_workers(running, function)
        if killed:
            self.ended.append(f"{killed} of {function} (SIGKILL)")
        return killed

    def end_landing(self, running: RunningStack) -> None:
        """In the middle of a batch: while it has messages in hand."""
        end = time.monotonic() + 10
        while not messages(running, "CallsQueue") and time.monotonic() < end:
            time.sleep(0.01)
        self.end_function(running, "LandCallsFunction")

    def roll_up_killed(self, running: RunningStack) -> None:
        """A roll-up amid requests that is killed while it works, and another one."""
        work = threading.Thread(target=self.roll_up, args=(running, False))
        work.start()
        end = time.monotonic() + 10
        while work.is_alive() and time.monotonic() < end:
            time.sleep(0.5)
            if self.end_function(running, "RollUpFunction"):
                break
        work.join()
        self.roll_up(running)

    def roll_up(self, running: RunningStack, until_empty: bool = True) -> None:
        """Roll up, as the schedule does; one that was killed tells nothing."""
        began = time.monotonic()
        name = running.outputs["RollUpFunction"]
        left = 1
        while left:
            try:
                report = invoke(running.client("lambda"), name, {"kind": "calls"})
            except FunctionFailedError:
                if until_empty:
                    raise
                break
            self.rolled.append(report)
            left = report["left"] if until_empty else 0
        self.rolling += time.monotonic() - began
        self.megabytes = max(self.megabytes, peak_megabytes(running, "RollUpFunction"))
