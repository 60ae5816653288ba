"""A Lambda host for one built function: AWS's own runtime client, on a Runtime API of ours.

awslambdaric, the client that runs inside Lambda, asks `GET …/invocation/next` for work and posts
the result back. `FunctionHost` is the other side of that conversation. The function runs in an
isolated Python with nothing on its path but its code and its layers, which is the point: a wheel
that is missing from a layer is missing here.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ISOLATED = ("-I", "-B")
"""Nothing of the machine's, and no byte code written: Lambda's folders are read-only, and what was
built has to stay as it is."""
START = "import runpy, sys; sys.argv[0] = 'awslambdaric'; sys.path[:0] = {path!r}; " + (
    "runpy.run_module('awslambdaric', run_name='__main__')"
)


@dataclass(frozen=True)
class Answer:
    """`error` is the errorType of an exception in the function, None when it returned."""

    payload: Any
    error: str | None = None


@dataclass
class FunctionHost:
    """One function in one process. `runtime` are folders that Lambda itself has on the path
    (awslambdaric, boto3); they come last, as there."""

    python: str
    code: Path
    layers: tuple[Path, ...]
    runtime: tuple[Path, ...]
    handler: str
    environment: dict[str, str]
    seconds: float = 60
    _work: queue.Queue[bytes] = field(default_factory=queue.Queue)
    _answers: queue.Queue[Answer] = field(default_factory=queue.Queue)

    def __enter__(self) -> FunctionHost:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._runtime_api())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        path = [str(self.code), *[str(layer / "python") for layer in self.layers]]
        path += [str(folder) for folder in self.runtime]
        self._process = subprocess.Popen(
            [self.python, *ISOLATED, "-c", START.format(path=path), self.handler],
            cwd=self.code,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()

    def invoke(self, event: Any) -> Answer:
        """Raises TimeoutError when the function does not answer."""
        self._work.put(json.dumps(event).encode())
        try:
            return self._answers.get(timeout=self.seconds)
        except queue.Empty:
            state = self._process.poll()
            raise TimeoutError(f"no answer; the process: {state or 'still runs'}") from None

    def _environment(self) -> dict[str, str]:
        return self.environment | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": self.code.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "group",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(self.code),
            "_HANDLER": self.handler,
            "TZ": ":UTC",
        }

    def _runtime_api(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                """…/runtime/invocation/next: waits until there is work."""
                self.reply(200, host._work.get())

            def do_POST(self) -> None:
                """…/response, …/error, and …/init/error when the module cannot be imported."""
                body = json.loads(self.body() or b"null")
                failed = not self.path.endswith("/response")
                host._answers.put(Answer(body, body["errorType"] if failed else None))
                self.reply(202, b"{}")

            def body(self) -> bytes:
                if (length := self.headers.get("Content-Length")) is not None:
                    return self.rfile.read(int(length))
                chunks = []
                while size := int(self.rfile.readline(), 16):
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(chunks)

            def reply(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "1")
                self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:::function")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        return RuntimeApi
