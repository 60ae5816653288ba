"""A real receiver on loopback, and what senders are given in tests."""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from intent_segments.delivery.backoff import Backoff
from intent_segments.delivery.batches import Batch, Recipient
from intent_segments.delivery.outbound import Outbound
from intent_segments.delivery.signature import SigningSecret
from intent_segments.delivery.urls import Rules
from intent_segments.delivery.webhook import Send, WebhookSender

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = SigningSecret(b"s" * 32)
WHAT = Send("engagement.users", NOW, {"goal_id": "goal_1"})
Reply = tuple[int, dict[str, str]] | Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """Answers with `replies` in their order, then with 204; `seen` has (path, headers, body)."""

    port: int
    replies: deque[Reply] = field(default_factory=deque)
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook?token=t"

    @property
    def host(self) -> str:
        """As a stack allows it by name."""
        return f"localhost:{self.port}"

    @property
    def rules(self) -> Rules:
        return Rules.parse(f"localhost:{self.port}, receiver.example:{self.port}")


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.seen.append((self.path, headers, body))
            reply = here.replies.popleft() if here.replies else (204, {})
            if callable(reply):
                reply(self)
                return
            self.send_response(reply[0])
            for name, value in reply[1].items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def outbound(here: Receiver, seconds: float = 5.0) -> Outbound:
    return Outbound(
        here.rules, time.monotonic, lambda host, port: ["127.0.0.1"], total_seconds=seconds
    )


def backoff(slept: list[float] | None = None, **changes: float) -> Backoff:
    pauses: list[float] = [] if slept is None else slept
    return Backoff(pauses.append, lambda: 0.5, **changes)  # type: ignore[arg-type]


def webhook(here: Receiver, slept: list[float] | None = None, **changes: object) -> WebhookSender:
    given: dict[str, object] = {
        "url": here.url,
        "secrets": (SECRET,),
        "what": WHAT,
        "outbound": outbound(here),
        "backoff": backoff(slept),
        "now": lambda: datetime.now(UTC),
        "most_bytes": 100_000,
    }
    return WebhookSender(**given | changes)  # type: ignore[arg-type]


def batch(*users: str, number: int = 0, **traits: object) -> Batch:
    recipients = tuple(Recipient(user, traits) for user in users or ("ann", "ben"))
    return Batch("send_1", number, recipients)
