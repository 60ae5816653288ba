"""The child process: MiniStack on loopback, with eight things that a laptop needs besides.

- A second port serves the HTTP API at its root: `http://127.0.0.1:8787/docs` instead of an API id
  in a path. `PUT /_intent/api/<id>` on the first port says which API that is.
- Below `/oidc` of that port an OpenID Connect issuer signs people in, for `intent up --auth`.
- What neither answers on that port is the console (`console_site.py`).
- `GET /_intent/health` tells the process id, so that nobody takes another stack for this one.
- `POST /_intent/save` writes the state of all services now. MiniStack itself saves only on a clean
  end; here it is also saved every few seconds while there were requests.
- It ends cleanly when its parent is gone, however the parent died.
- The file `unsaved` exists as long as a sudden end would lose something.
- What functions log goes to this process's log too, tracebacks included.

It also starts in half the time: only the services of template.yaml are restored; CloudFormation,
which imports nearly all of MiniStack, waits until `POST /_intent/cloudformation` asks for it.

    python -m intent_local.stack.embedded HOME AWS_PORT API_PORT

MiniStack reads its environment when it is imported; `server.py` sets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ministack.app as ministack
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.core.lambda_runtime import Worker
from ministack.core.persistence import load_state, save_state

from .console_site import belongs_to_api, config_for, serve_site
from .home import Home, read_json
from .server import AWS_PORT

if TYPE_CHECKING:
    from ..issuer.served import ServedIssuer

SAVE_EVERY_SECONDS = 5.0
WATCH_EVERY_SECONDS = 0.5
SAVE_ATTEMPTS = 5

CLOUDFORMATION = "cloudformation"
RESTORED = (
    "apigateway",
    "cloudwatch_logs",
    "dynamodb",
    "eventbridge",
    "iam",
    "lambda",
    "s3",
    "scheduler",
    "sqs",
    "stepfunctions",
)
"""The services of template.yaml, as MiniStack names their files."""

WAIT_FOR_FIRST_LOG_LINE_SECONDS = 0.005
"""MiniStack waits 0.05 s after every call of a function that logs nothing."""


class Embedded:
    """The ASGI application around MiniStack's own."""

    def __init__(self, home: Home, api_port: int) -> None:
        self.home = home
        self.api_port = api_port
        self.api_id = ""
        self.used = False
        self.over = asyncio.Event()

    @cached_property
    def issuer(self) -> ServedIssuer:
        """Made for the first who signs in: it imports cryptography."""
        from ..issuer.served import ServedIssuer

        return ServedIssuer.of(f"http://127.0.0.1:{self.api_port}", self.home.issuer_key)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            if scope["path"].startswith("/_intent/"):
                await self.answer(scope["method"], scope["path"], send)
                return
            on_api_port = scope["server"][1] == self.api_port
            if on_api_port and scope["path"].startswith("/oidc/"):
                await self.issuer.answer(scope, receive, send)
                return
            if on_api_port and not belongs_to_api(scope["path"]):
                signs_in = bool(read_json(self.home.server).get("signs_in"))
                await serve_site(scope, send, config_for(self.api_port, signs_in))
                return
            self.used = self.used or not scope["path"].startswith("/_ministack/")
            if on_api_port:
                scope = self.addressed_to_api(scope)
        await ministack.app(scope, receive, send)

    def addressed_to_api(self, scope: dict[str, Any]) -> dict[str, Any]:
        """The same request with the host name by which MiniStack knows the API."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        host = f"{self.api_id}.execute-api.localhost"
        return {**scope, "headers": [*headers, (b"host", host.encode())]}

    async def answer(self, method: str, path: str, send: Any) -> None:
        status = 200
        if (method, path) == ("GET", "/_intent/health"):
            pass
        elif (method, path) == ("POST", "/_intent/save"):
            self.save()
        elif (method, path) == ("POST", "/_intent/cloudformation"):
            self.restore_cloudformation()
        elif method == "PUT" and path.startswith("/_intent/api/"):
            self.api_id = path.rsplit("/", 1)[1]
        else:
            status = 404
        body = json.dumps({"pid": os.getpid(), "api": self.api_id}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def restore_cloudformation(self) -> None:
        if CLOUDFORMATION in ministack._state_map:
            return
        ministack._state_map[CLOUDFORMATION] = CLOUDFORMATION
        module = ministack._get_module(CLOUDFORMATION)
        if state := load_state(CLOUDFORMATION):
            module.load_persisted_state(state)

    def save(self) -> None:
        """Write every service's state. Requests wait meanwhile, so DynamoDB is saved whole."""
        self.used = False
        for service, get_state in ministack._build_persistence_save_dict().items():
            state = steady(get_state)
            if state is not None:
                save_state(service, state)
        self.home.unsaved.touch()

    async def keep_saved(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_SECONDS)
            if self.used:
                self.save()

    async def watch(self, parent: int) -> None:
        """A process whose parent is gone gets another parent."""
        while os.getppid() == parent:
            await asyncio.sleep(WATCH_EVERY_SECONDS)
        self.over.set()


def adapt_functions() -> None:
    """No waiting for log lines that do not come, and every line in the log of this process."""
    _, idle, cap = Worker._drain_stderr_bounded.__defaults__
    Worker._drain_stderr_bounded.__defaults__ = (WAIT_FOR_FIRST_LOG_LINE_SECONDS, idle, cap)
    call = Worker.invoke

    def logged(worker: Any, *args: Any, **kwargs: Any) -> Any:
        answer = call(worker, *args, **kwargs)
        for part in ("log", "trace"):
            if answer.get(part):
                print(answer[part], file=sys.stderr, flush=True)
        return answer

    Worker.invoke = logged


def keep_queue_urls() -> None:
    """Queues are known by their URLs, and a URL has the port: with that of each start, queues of an
    earlier one are not found again by whoever hands out their messages."""
    sqs = ministack._get_module("sqs")
    sqs.DEFAULT_PORT = str(AWS_PORT)
    sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{AWS_PORT}"


def steady(get_state: Callable[[], Any]) -> Any:
    """A copy of a service's state, although threads of running state machines may change it."""
    for _ in range(SAVE_ATTEMPTS):
        with contextlib.suppress(RuntimeError):  # "dictionary changed size during iteration"
            return get_state()
    return None


async def run(home: Home, aws_port: int, api_port: int) -> None:
    embedded = Embedded(home, api_port)
    ministack._state_map = {k: v for k, v in ministack._state_map.items() if k in RESTORED}
    adapt_functions()
    keep_queue_urls()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, embedded.over.set)
    tasks = [
        loop.create_task(embedded.watch(os.getppid())),
        loop.create_task(embedded.keep_saved()),
    ]
    config = Config()
    config.bind = [f"127.0.0.1:{aws_port}", f"127.0.0.1:{api_port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    home.unsaved.touch()
    await serve(embedded, config, shutdown_trigger=embedded.over.wait)  # type: ignore[arg-type]
    for task in tasks:
        task.cancel()
    embedded.save()
    home.unsaved.unlink(missing_ok=True)


def main() -> None:
    home, aws_port, api_port = Home(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    asyncio.run(run(home, aws_port, api_port))
    if os.getpgrp() == os.getpid():
        # Functions still at work would write to an AWS that is gone; their runs are repeated.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
    os._exit(0)  # threads of running state machines would keep the process alive


if __name__ == "__main__":
    main()
