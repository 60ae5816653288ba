"""Run the test suites, two at a time, and say how long each took.

run_suites.py [SUITE …]

Suites share nothing, so two lanes of them go side by side. What a suite prints is kept
until it is over, that no lines mix.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

LANES = (("unit", "e2e", "artefacts"), ("integration", "faults"))
"""Suites that run one after the other, beside those of the other lane."""

NOTHING_COLLECTED = 5

_printing = Lock()


def main(wanted: list[str]) -> int:
    suites = set(wanted) or {suite for lane in LANES for suite in lane}
    unknown = suites - {suite for lane in LANES for suite in lane}
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    lanes = [[suite for suite in lane if suite in suites] for lane in LANES]
    with ThreadPoolExecutor(len(lanes)) as pool:
        lines = [line for lane in pool.map(_in_turn, lanes) for line in lane]
    print("\n" + "\n".join(f"{suite:<12} {said}" for suite, said, _ in lines))
    return int(any(failed for _, _, failed in lines))


def _in_turn(suites: list[str]) -> list[tuple[str, str, bool]]:
    """(suite, what to say of it, whether it failed) for each."""
    return [_run(suite) for suite in suites]


def _run(suite: str) -> tuple[str, str, bool]:
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).parent / suite)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    failed = done.returncode not in (0, NOTHING_COLLECTED)
    with _printing:
        print(f"\n== {suite}\n{done.stdout}", flush=True)
    verdict = "failed" if failed else "passed"
    return suite, f"{verdict}  {time.monotonic() - began:6.1f} s", failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
