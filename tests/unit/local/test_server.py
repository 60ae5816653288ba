"""A stack is known by its process, not by its port."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from intent_local.stack.server import Server


class Health(BaseHTTPRequestHandler):
    """Answers as the stack of this very process does."""

    def do_GET(self) -> None:
        body = json.dumps({"pid": os.getpid(), "api": ""}).encode()
        self.send_response(200 if self.path == "/_intent/health" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def port():
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_stack_that_answers_with_its_own_process_id_is_healthy(port):
    assert Server(os.getpid(), os.getpid(), port, 0).is_healthy()


def test_another_stack_on_the_same_port_is_not_taken_for_ours(port):
    assert not Server(os.getpid() + 1, os.getpid(), port, 0).is_healthy()


def test_nobody_on_the_port_is_not_healthy(port):
    assert not Server(os.getpid(), os.getpid(), 1, 0).is_healthy()
