"""The API of a stack that has lived, asked anything that its OpenAPI document allows and much that
it does not: every answer is one that the document describes, and none is a fault of ours.

It knows the ids, names and the write key of that stack, so that much of what it asks is about
something. By far the last of the job's tests: nothing is as it was afterwards. FUZZ_SECONDS (30)
and FUZZ_SEED (1) say how long and where from; `make fuzz` takes ten minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from intent_segments.api.operations import OPERATIONS, operation_of
from intent_segments.api.tracking_operations import CALLS
from tests.e2e.conftest import NIGHTS
from tests.fixtures.accounts import AS_OF

SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))
SEED = os.environ.get("FUZZ_SEED", "1")
HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "openapi.json"
WORDS = ["App Launched", "Concert Viewed", "all-users", "most_likely", "2026-05-10", "city"]
KNOWN, WORD = 0.7, 0.2
"""How often an id is one that is there, and any other text a word that means something."""


ROUNDS = (
    ("fuzzing", "1", None),
    ("examples,coverage,fuzzing", "3", 0.5),
    ("stateful", "3", 0.3),
)
"""Phases, cases of an operation, and the part of the time: every operation once, however long it
takes; then as much as there is time for, request by request; then one request after another, each
with what those before made, which would never come to pass behind the second."""


def test_no_answer_is_undocumented_or_our_fault(job, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text((HERE / "schemathesis.toml").read_text() + of_the_stack(*job))
    found = [fuzzed(job[0].stack.api.url, config, *one) for one in ROUNDS]
    answered = answers_by_operation([har for har, _ in found])
    print(table(answered))
    assert not [told for _, told in found if told]
    assert set(answered) == {operation.route for operation in OPERATIONS}
    calls = [answered[f"POST /v1/{path}"] for name in CALLS for path in (name, name[0])]
    assert any(counts[200] for counts in calls)  # the write key lets them in


def fuzzed(
    url: str, config: Path, phases: str, examples: str, part: float | None
) -> tuple[Path, str]:
    """Run Schemathesis: the requests and answers, and what it says of failures, empty if none."""
    har = config.with_name(f"{phases}.har")
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [schemathesis, "--config-file", config, "run", DOCUMENT, "--phases", phases]
    command += ["--url", url, "--seed", SEED, "--max-examples", examples]
    command += [] if part is None else ["--max-time", str(round(part * SECONDS))]
    command += ["--continue-on-failure", "--no-shrink"]
    command += ["--suppress-health-check", "all", "--report-har-path", har]
    done = subprocess.run(command, cwd=har.parent, capture_output=True, text=True, check=False)
    assert har.exists(), done.stdout + done.stderr
    print(done.stdout[done.stdout.find("= SUMMARY") :])
    return har, "" if done.returncode == 0 else done.stdout[done.stdout.find("= FAILURES") :]


def of_the_stack(made, segment, forecast, goal, nights) -> str:
    """Configuration: ids of what is there for the parameters of paths, names for other texts, and
    the write key, without which calls would all be refused alike."""
    api = made.stack.api
    file = api.post("/v1/destinations", {"name": "Files", "kind": "file"})
    wanted = {"audience": {"everyone": True}, "destination": file["id"]}
    wanted |= {"name": "All", "schedule": {"kind": "nightly"}}
    path = f"/v1/goals/{goal['id']}"
    users = api.get(f"{path}/buckets/most_likely/users?limit=5")["data"]
    known = {
        "goal_id": [goal["id"]],
        "segment_id": [segment["id"], "all-users"],
        "destination_id": [file["id"]],
        "engagement_id": [api.post(f"{path}/engagements", wanted)["id"]],
        "export_id": [api.post(f"{path}/exports", {"buckets": ["most_likely"]})["id"]],
        "user_id": [user["user_id"] for user in users],
        "run_id": [run["id"] for run in api.get("/v1/runs")["data"]],
        "send": [(AS_OF + timedelta(days=NIGHTS)).isoformat()],
        "number": ["0"],
    }
    key = api.post("/v1/write-keys", {"name": "fuzz"})["write_key"]
    values = [*WORDS, forecast["id"], segment["id"], file["id"], goal["id"]]
    lines = ["[auth.openapi.write_key]", f"username = {json.dumps(key)}", 'password = ""']
    for name, ids in ({"words": values} | known).items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(ids)}"]
    lines.append("[parameters]")
    lines += [
        f'"path.{name}" = {{ dictionary = "{name}", probability = {KNOWN} }}' for name in known
    ]
    lines += ["[generation.dictionaries]"]
    lines += [f'string = {{ dictionary = "words", probability = {WORD} }}']
    return "\n".join(["", *lines, ""])


def answers_by_operation(hars: list[Path]) -> dict[str, Counter[int]]:
    """Route -> how often each status was answered to its requests."""
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for entry in (e for har in hars for e in json.loads(har.read_text())["log"]["entries"]):
        asked, answer = entry["request"], entry["response"]
        operation = operation_of(asked["method"], unquote(urlsplit(asked["url"]).path))
        if operation is not None and answer["status"]:
            found[operation.route][answer["status"]] += 1
    return found


def table(answered: dict[str, Counter[int]]) -> str:
    """How many requests there were, and to which operations they were."""
    total = Counter(dict[int, int]())
    for counts in answered.values():
        total += counts
    well = [route for route, counts in answered.items() if any(s < 300 for s in counts)]
    never = sorted({operation.route for operation in OPERATIONS} - set(well))
    shown = ", ".join(f"{status}: {count:,}" for status, count in sorted(total.items()))
    return (
        f"{total.total():,} requests to {len(answered)} operations; {shown}\n"
        f"answered well: {len(well)}; never: {', '.join(never) or 'none'}"
    )
