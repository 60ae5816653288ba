"""The API of a stack that has lived, asked anything that its OpenAPI document allows and much that
it does not: every answer is one that the document describes, and none is a fault of ours.

By far the last of the job's tests: nothing is as it was afterwards. Deterministic for its time:
FUZZ_SECONDS (30) and FUZZ_SEED (1); `make fuzz` takes ten minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from intent_segments.api.operations import OPERATIONS

SECONDS = os.environ.get("FUZZ_SECONDS", "30")
SEED = os.environ.get("FUZZ_SEED", "1")
HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "openapi.json"


def test_no_answer_is_undocumented_or_our_fault(job, tmp_path):
    report = tmp_path / "report.json"
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [schemathesis, "--config-file", HERE / "schemathesis.toml", "run", DOCUMENT]
    command += ["--url", job[0].stack.api.url, "--max-time", SECONDS, "--seed", SEED]
    command += ["--max-examples", "3", "--continue-on-failure", "--no-shrink"]
    command += ["--suppress-health-check", "all", "--report-json-path", report]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = done.stdout[done.stdout.find("= FAILURES") :]
    assert done.returncode == 0, told
    tried = json.loads(report.read_text())
    assert tried["operations"]["tested"] == len(OPERATIONS)
