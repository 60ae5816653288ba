"""Sends a load with Locust until every request is answered, and keeps a log of it.

    python -m bench.tracking.sender LOG URL KEY EVENTS BATCH BEGAN USERS

A process of its own, since Locust's network code is gevent's, and so that it can be killed. Whoever
is started with the log of another goes on where that one stopped, and sends again what had no
answer, as client libraries do.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, task
from locust.env import Environment

from .log import ANSWERED, Log, waiting
from .plan import Load, Request

PATIENCE_SECONDS = 0.5
"""After a request that got no answer; libraries begin with as much."""


class Sender(FastHttpUser):
    """Takes the next request, sends it, and puts it back when there was no answer."""

    max_retries = 0
    connection_timeout = 5.0
    network_timeout = 30.0  # an HTTP API answers within these or never
    load: Load
    left: deque[Request]
    log: Log
    key: str

    @task
    def send(self) -> None:
        if not self.left:
            gevent.sleep(PATIENCE_SECONDS)
            return
        request = self.left.popleft()
        body = self.load.body(request, datetime.now(UTC))
        self.log.tell(r=request.number)
        began = time.perf_counter()
        with self.client.post(
            f"/v1/{request.kind}",
            data=body,  # type: ignore[arg-type]  # bytes are sent as they are
            name=request.kind,
            headers={"Content-Type": "application/json", "Authorization": self.key},
            catch_response=True,
        ) as answer:
            took = round(1000 * (time.perf_counter() - began), 1)
            told: dict[str, Any] = {}
            if answer.status_code in ANSWERED:
                told = json.loads(answer.text or "{}")
                answer.success()
            refused = len(told.get("refused", ())) or int(answer.status_code == 422)
            self.log.tell(
                r=request.number,
                kind=request.kind,
                status=answer.status_code,
                ms=took,
                refused=refused,
            )
        if answer.status_code not in ANSWERED:
            self.left.append(request)
            gevent.sleep(PATIENCE_SECONDS)


def main(log: str, url: str, key: str, events: str, batch: str, began: str, users: str) -> None:
    Sender.load = Load(int(events), int(batch), datetime.fromisoformat(began))
    Sender.left = waiting(Sender.load, Path(log))
    Sender.log = Log(Path(log))
    Sender.key = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    environment = Environment(user_classes=[Sender], host=url)
    runner = environment.create_local_runner()
    runner.start(int(users), spawn_rate=int(users))
    left = 1
    while left:
        gevent.sleep(0.1)
        # A request under way is in no queue, so the log decides.
        left = len(Sender.left) or len(waiting(Sender.load, Path(log)))
    runner.quit()


if __name__ == "__main__":
    main(*sys.argv[1:])
