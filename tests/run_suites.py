"""Run the test suites one after another and say how long each took.

run_suites.py [SUITE …]
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SUITES = ("unit", "integration", "faults", "e2e", "artefacts")
NOTHING_COLLECTED = 5


def main(wanted: list[str]) -> int:
    here = Path(__file__).parent
    lines, failed = [], False
    for suite in wanted or SUITES:
        if not (here / suite).is_dir():
            continue
        print(f"\n== {suite}", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, "-m", "pytest", "-q", str(here / suite)]).returncode
        failed |= code not in (0, NOTHING_COLLECTED)
        verdict = "failed" if code not in (0, NOTHING_COLLECTED) else "passed"
        lines.append(f"{suite:<12} {verdict}  {time.monotonic() - began:6.1f} s")
    print("\n" + "\n".join(lines))
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
