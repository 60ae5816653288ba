"""Run the test suites, a process for every processor, and say how long each took.

run_suites.py [SUITE …]

Modules share nothing, so a suite is cut into pieces, each a process of its own, and a free lane
takes the next piece. What a piece prints is kept until it is over, that no lines mix. Whoever adds
tests finds what is slow at the end: it is told, not judged.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

TESTS = Path(__file__).parent

SUITES = ("unit", "integration", "faults", "e2e", "browser", "artefacts")

PIECES = (
    "faults/test_set_up_and_night.py",
    "integration",
    "unit",
    "browser",
    "e2e/test_main_job.py",
    "unit/propensity",
    "e2e/test_demo.py",
    "unit/api",
    "e2e",
    "faults",
    "artefacts",
)
"""In the order in which they are started, the longest first. A whole suite means what no other
piece has of it."""

LANES = os.cpu_count() or 2
SLOWEST = 10
NOTHING_COLLECTED = 5

_printing = Lock()


@dataclass
class Told:
    """What is told of a suite: seconds of its pieces, and of the slowest parts of its tests."""

    seconds: float = 0.0
    failed: bool = False
    slow: list[tuple[float, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{'failed' if self.failed else 'passed'}  {self.seconds:6.1f} s"


def main(wanted: list[str]) -> int:
    suites = set(wanted) or set(SUITES)
    if unknown := suites - set(SUITES):
        print(f"no such suite: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    told: dict[str, Told] = defaultdict(Told)
    with ThreadPoolExecutor(LANES) as pool:
        pieces = [piece for piece in PIECES if piece.split("/")[0] in suites]
        list(pool.map(lambda piece: _run(piece, told[piece.split("/")[0]]), pieces))
    for suite, said in told.items():
        if said.slow:
            print(f"\n== the slowest of {suite}")
        for seconds, test in sorted(said.slow, reverse=True)[:SLOWEST]:
            print(f"{seconds:6.1f} s  {test}")
    print()
    for suite, said in told.items():
        print(f"{suite:<12} {said}")
    return int(any(said.failed for said in told.values()))


def _run(piece: str, told: Told) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", str(TESTS / piece)]
    command += [f"--ignore={TESTS / other}" for other in PIECES if other.startswith(f"{piece}/")]
    command += [f"--durations={SLOWEST}", "--durations-min=0.5"]
    # Bytecode is kept, or every process would compile what it imports anew.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with _printing:
        print(f"\n== {piece}\n{done.stdout}", flush=True)
        told.seconds += time.monotonic() - began
        told.failed |= done.returncode not in (0, NOTHING_COLLECTED)
        told.slow += _slow(done.stdout)


def _slow(output: str) -> Iterator[tuple[float, str]]:
    """(seconds, phase and test) of the lines in which pytest tells durations."""
    for line in re.finditer(r"^([\d.]+)s ((?:setup|call|teardown)\s.*)$", output, re.MULTILINE):
        yield float(line[1]), line[2]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
