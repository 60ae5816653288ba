"""The demo as a user runs it: to the end, stopped in the middle, killed, and again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

COMMAND = [sys.executable, "-m", "intent_local", "demo", "--account", "grocer"]
NIGHTS = 4


@pytest.fixture
def demo(tmp_path):
    """Starts the demo in a home of its own; output goes to a file."""
    env = os.environ | {"INTENT_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
    started: list[subprocess.Popen] = []

    def start(*more: str) -> subprocess.Popen:
        out = (tmp_path / f"out-{len(started)}").open("w+")
        process = subprocess.Popen(
            [*COMMAND, "--nights", str(NIGHTS), *more],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        process.told = lambda: (tmp_path / f"out-{started.index(process)}").read_text()
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def until(process, pattern):
    end = time.monotonic() + 180
    while not (found := re.search(pattern, process.told())):
        assert process.poll() is None, process.told()
        assert time.monotonic() < end, process.told()
        time.sleep(0.05)
    return found


def finished(process):
    process.wait(240)
    assert process.returncode == 0, process.told()
    return process.told()


def figures(told):
    """The report without times and addresses."""
    report = told[told.index("──") : told.index("step ")]
    return re.sub(r" +", " ", report)


def test_stopped_in_the_middle_it_goes_on_and_reports_what_an_undisturbed_one_does(demo):
    first = demo()
    until(first, r"2017-10-02 .*did it so far")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 143, first.told()
    second = finished(demo())
    assert "loaded already" in second
    assert "2017-10-02  " not in second.split("──")[0]
    assert "2017-10-03  " in second.split("──")[0]
    undisturbed = finished(demo("--fresh"))
    assert figures(second) == figures(undisturbed)


def test_after_a_kill_it_says_what_was_lost_and_puts_it_right(demo, tmp_path):
    first = demo()
    until(first, r"2017-10-02 .*did it so far")
    (server,) = (tmp_path / "home" / "demo").glob("*/server.json")
    os.kill(json.loads(server.read_text())["pid"], signal.SIGKILL)
    first.kill()
    first.wait()
    second = finished(demo())
    assert "ended without saving" in second
    assert len(re.findall(r"^2017-10-0[1-4]", second, re.MULTILINE)) == 2 * NIGHTS


def test_another_event_and_another_date_change_the_figures(demo):
    told = finished(demo("--as-of", "2017-06-30", "--event", "Bought FLORAL"))
    assert "Bought FLORAL" in told and "2017-07-01" in told
    assert "Bought SEAFOOD" not in told
