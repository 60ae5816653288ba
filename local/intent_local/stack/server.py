"""Start and stop the child process that `embedded.py` is."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass

from .errors import StackError
from .home import Home, read_json, write_json

AWS_PORT = 4566
API_PORT = 8787
START_SECONDS = 60
START_ATTEMPTS = 3
STOP_SECONDS = 30
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Server:
    """A MiniStack that is up. `owner` is the process that started it and will stop it. `signs_in`
    says whether its API asks for tokens."""

    pid: int
    owner: int
    aws_port: int
    api_port: int
    signs_in: bool = False

    @property
    def endpoint(self) -> str:
        """Where AWS clients send their requests."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def api_url(self) -> str:
        """Root of the product's HTTP API."""
        return f"http://127.0.0.1:{self.api_port}"

    def is_healthy(self) -> bool:
        """Whether this very process answers: another stack may have taken the port."""
        try:
            health = f"{self.endpoint}/_intent/health"
            with urllib.request.urlopen(health, timeout=5) as answer:  # noqa: S310
                return bool(json.loads(answer.read())["pid"] == self.pid)
        except (OSError, ValueError, KeyError):
            return False

    def has_ended(self) -> bool:
        """Whether the process is gone. One that is busy answers late, and has not ended."""
        return not is_alive(self.pid)

    def save(self) -> None:
        """Have everything written to disk that a sudden end would lose."""
        self._tell("POST", "/_intent/save")

    def serve_api(self, api_id: str) -> None:
        """Say which HTTP API `api_url` stands for."""
        self._tell("PUT", f"/_intent/api/{api_id}")

    def restore_cloudformation(self) -> None:
        """Make the stacks of earlier runs known; a server starts without them."""
        self._tell("POST", "/_intent/cloudformation")

    def _tell(self, method: str, path: str) -> None:
        request = urllib.request.Request(self.endpoint + path, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310
            pass


def find(home: Home) -> Server | None:
    """The server that is up in this folder, if there is one."""
    noted = read_json(home.server)
    if not noted:
        return None
    server = Server(**noted)
    return server if is_alive(server.pid) and server.is_healthy() else None


def start(home: Home, signs_in: bool = False) -> Server:
    """Start a server and wait until it answers. Raises StackError with the end of its log.

    Between finding a free port and taking it another process may take it: then the next one is
    tried.
    """
    home.prepare()
    for _ in range(START_ATTEMPTS):
        server = launch(home, signs_in)
        if server is not None:
            write_json(home.server, asdict(server))
            return server
    tail = "\n".join(home.log.read_text(errors="replace").splitlines()[-15:])
    raise StackError(f"the local stack did not start; the end of {home.log}:\n{tail}")


def launch(home: Home, signs_in: bool) -> Server | None:
    """One attempt; None when the process ended, or did not answer in time and was stopped."""
    server_ports = free_port(AWS_PORT), free_port(API_PORT)
    command = [sys.executable, "-m", "intent_local.stack.embedded", str(home.root)]
    with home.log.open("wb") as log:
        child = subprocess.Popen(
            [*command, *map(str, server_ports)],
            env=environment(home, server_ports[0]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A group of its own: Ctrl-C in the terminal reaches the command, which stops this.
            start_new_session=True,
        )
    server = Server(child.pid, os.getpid(), *server_ports, signs_in)
    end = time.monotonic() + START_SECONDS
    while not server.is_healthy():
        if child.poll() is not None or time.monotonic() > end:
            stop(home, server)
            home.prepare()
            return None
        time.sleep(0.05)
    return server


def stop(home: Home, server: Server) -> None:
    """End a server cleanly: it saves its state first. After 30 seconds it is killed."""
    send(server.pid, signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    while is_alive(server.pid):
        if time.monotonic() > end:
            send(server.pid, signal.SIGKILL)
        time.sleep(0.02)
    home.server.unlink(missing_ok=True)
    home.remove_tmp()


def environment(home: Home, aws_port: int) -> dict[str, str]:
    """What MiniStack, and through it every function, finds in its environment."""
    # Byte code halves the start of a function: it is written although the shell may forbid it.
    dropped = ("AWS_", "POWERTOOLS_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    return kept | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(aws_port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.objects),
        "TMPDIR": str(home.tmp),
        "LOG_LEVEL": "WARNING",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def free_port(wanted: int) -> int:
    """The wanted port, or another one when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StackError("no free port on 127.0.0.1")


def is_alive(pid: int) -> bool:
    """Whether a process runs. One of ours that has ended is reaped on the way."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # the number belongs to somebody else by now
    return True


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
