"""How long the built functions take to start, under Lambda's own runtime interface emulator.

    python -m bench.cold_starts [--page FILE] [FUNCTION …]

The emulator (aws-lambda-rie, which the SAM CLI ships) loads a function as Lambda does and reports
how long its init and its first call took; each is started nine times, and medians are shown. The
call needs nothing of AWS: health, or an event that a handler refuses. Times are this machine's:
Lambda gives a function a share of a processor by its memory (1,769 MB are one), and its init a
whole one. A function for the other processor has its wheels built for this one. FILE gets a section
with the sizes of `make build` and these times; docs/artefacts.md has it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.page import table, write_section
from infra.find_python import find
from infra.sizes import LIMIT, BuiltFunction, bytes_below
from intent_local.stack.project import CHECKOUT
from tests.artefacts import machine
from tests.artefacts.runtime_host import ISOLATED, START

STARTS = 9
SECONDS = 60
INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)")
CALL = re.compile(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms")
THIN = ("Api", "PlanRun", "RecordProgress", "Calls", "LandCalls")
"""Functions without DuckDB, pyarrow and scikit-learn: requests and runs wait for them."""

THIN_INIT_MS = 400

TITLE = "Sizes and starts"
ABOUT = f"""\
```sh
make cold-starts
```

Bytes are those of a function with its layers, unzipped, against Lambda's {LIMIT:,}. The built
functions are started under Lambda's runtime interface emulator, which reports how long they take to
load and to answer their first call; medians of {STARTS} starts, functions for arm64 with the same
wheels for this processor. Lambda's own times are to be measured in Lambda. The command fails where
a thin function ({", ".join(f"`{name}`" for name in THIN)}) takes more than {THIN_INIT_MS} ms."""


@dataclass(frozen=True)
class Started:
    """Medians in milliseconds: loading the module, and the first call after it."""

    init: float
    first: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cold_starts")
    parser.add_argument("functions", nargs="*", help="all of them when left out")
    parser.add_argument("--page", type=Path, help="a page that gets the table as a section")
    asked = parser.parse_args(arguments)
    if (why := machine.why_not()) is not None:
        print(why, file=sys.stderr)
        return 2
    built = machine.functions()
    wanted = asked.functions or list(built)
    found, busy = {}, os.getloadavg()[0]
    print(f"{'function':<16}{'init ms':>9}{'first call ms':>15}")
    for name in wanted:
        took = found[name] = measured(built[name])
        print(f"{name:<16}{took.init:>9.0f}{took.first:>15.1f}", flush=True)
    if asked.page is not None:
        busy = max(busy, os.getloadavg()[0])
        write_section(asked.page, TITLE, section(built, found, busy))
    slow = [name for name in THIN if name in found and found[name].init > THIN_INIT_MS]
    if slow:
        print(f"{', '.join(slow)}: more than {THIN_INIT_MS} ms to load", file=sys.stderr)
    return int(bool(slow))


def section(built: dict[str, BuiltFunction], found: dict[str, Started], busy: float) -> str:
    """What is measured, of which bytes, on what."""
    layers = {layer.name: layer for function in built.values() for layer in function.layers}
    sizes = {name: bytes_below(folder) for name, folder in layers.items()}
    rows = [
        [
            f"`{name}`",
            built[name].architecture,
            " + ".join(re.sub("Layer.*", "", layer.name) for layer in built[name].layers),
            f"{built[name].bytes:,}",
            f"{LIMIT - built[name].bytes:,}",
            f"{took.init:.0f}",
            f"{took.first:.1f}",
        ]
        for name, took in found.items()
    ]
    head = ["function", "processor", "layers", "bytes", "to spare", "init, ms", "first call, ms"]
    return (
        f"{ABOUT}\n\n{table(head, rows)}\n\n"
        f"{table(['layer', 'bytes'], [[f'`{n}`', f'{size:,}'] for n, size in sizes.items()])}\n\n"
        f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python 3.13; the "
        f"load was up to {busy:.1f} while this was measured."
    )


def measured(function: BuiltFunction) -> Started:
    """Nine starts, each of a process of its own. The first one reads the files into memory and is
    not counted, since Lambda's own caches cannot be tried here."""
    started = [start(function) for _ in range(STARTS + 1)][1:]
    return Started(median(s.init for s in started), median(s.first for s in started))


def start(function: BuiltFunction) -> Started:
    """One cold start. Raises RuntimeError when the function does not answer."""
    ports = free_port(), free_port()
    path = [str(function.code), *[str(layer / "python") for layer in machine.layers_of(function)]]
    path.append(str(machine.runtime()))
    command = [str(emulator()), "--log-level", "info"]
    command += ["--runtime-interface-emulator-address", f"127.0.0.1:{ports[0]}"]
    command += ["--runtime-api-address", f"127.0.0.1:{ports[1]}"]
    command += [find("3.13") or "", *ISOLATED, "-c", START.format(path=path), function.handler]
    with tempfile.TemporaryFile() as log:
        emulated = subprocess.Popen(
            command,
            cwd=function.code,
            env=environment(function),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            invoke(ports[0])
        finally:
            os.killpg(emulated.pid, signal.SIGKILL)
            emulated.wait()
        log.seek(0)
        told = log.read().decode("utf-8", "replace")
    init, call = INIT.search(told), CALL.search(told)
    if init is None or call is None:
        raise RuntimeError(f"{function.name} did not start: {told[-2000:]}")
    return Started(float(init[1]), float(call[1]))


def invoke(port: int) -> None:
    """Ask for health, once the emulator listens."""
    http = {"method": "GET", "path": "/v1/health", "sourceIp": "127.0.0.1", "userAgent": ""}
    event = {
        "version": "2.0",
        "rawPath": "/v1/health",
        "headers": {},
        "requestContext": {"http": {**http, "protocol": "HTTP/1.1"}, "stage": "$default"},
    }
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, json.dumps(event).encode(), timeout=SECONDS):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def environment(function: BuiltFunction) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "API_AUTHORIZATION": "NONE",
        "OMP_NUM_THREADS": "1",
    }


def emulator() -> Path:
    """The emulator for this machine, in the SAM CLI that `make build` installed."""
    [found] = (CHECKOUT / ".venv-sam").glob(
        f"lib/*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine.ARCHITECTURE}"
    )
    found.chmod(found.stat().st_mode | 0o100)  # a wheel need not keep that it can be run
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
