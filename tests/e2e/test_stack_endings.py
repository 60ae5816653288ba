"""How the local stack ends, and what is there after each way of ending."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from intent_local.stack.home import Home, read_json
from intent_local.stack.project import Project
from intent_local.stack.running import running_stack, stop_running
from intent_local.stack.server import is_alive
from tests.fixtures.toy_project import toy_project

SECONDS = 60

COMMAND = """
import pathlib, sys, time
from intent_local import cli
from intent_local.stack import home, project
root = pathlib.Path(sys.argv[1])
project.CHECKOUT = root / "project"
from intent_local.stack import running
running.Project = lambda: project.Project(root / "project")
sys.exit(cli.main(["up"]))
"""


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A stack that was deployed and ended cleanly."""
    root = tmp_path_factory.mktemp("deployed")
    with running_stack(toy_project(root / "project"), Home(root / "home")):
        return root


@pytest.fixture
def place(deployed, tmp_path):
    """A copy of it: to start what is deployed takes a tenth of deploying it."""
    return shutil.copytree(deployed, tmp_path / "place")


def used(place):
    return running_stack(Project(place / "project"), Home(place / "home"))


def put(stack, name):
    table, bucket = stack.outputs["Table"], stack.outputs["Bucket"]
    item = {"pk": {"S": "TEST"}, "sk": {"S": name}}
    stack.client("dynamodb").put_item(TableName=table, Item=item)
    stack.client("s3").put_object(Bucket=bucket, Key=f"events/{name}", Body=name.encode())


def there(stack, name):
    """Whether DynamoDB and S3 still have it."""
    table, bucket = stack.outputs["Table"], stack.outputs["Bucket"]
    key = {"pk": {"S": "TEST"}, "sk": {"S": name}}
    item = stack.client("dynamodb").get_item(TableName=table, Key=key).get("Item")
    listed = stack.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"events/{name}")
    return item is not None, listed["KeyCount"] == 1


def wait_until(good):
    end = time.monotonic() + SECONDS
    while not good():
        assert time.monotonic() < end
        time.sleep(0.05)


def up(place):
    """`intent up` in a process of its own, waited for."""
    env = os.environ | {"INTENT_HOME": str(place / "home")}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(place)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("API")
    return process


def server_pid(place):
    return read_json(Home(place / "home").server)["pid"]


def test_a_clean_end_keeps_everything_and_the_next_start_deploys_nothing(place):
    with used(place) as stack:
        put(stack, "kept")
        pid = stack.server.pid
    assert not is_alive(pid)
    home = Home(place / "home")
    assert not home.unsaved.exists() and not home.server.exists() and not home.tmp.exists()
    before = home.deployed.read_text()
    with used(place) as stack:
        assert stack.lost is None
        assert there(stack, "kept") == (True, True)
    assert home.deployed.read_text() == before


def test_a_changed_source_is_deployed_and_the_data_stay(place):
    with used(place) as stack:
        put(stack, "kept")
    handler = place / "project" / "functions" / "api" / "handler.py"
    handler.write_text("def handler(event, context):\n    return {'statusCode': 299}\n")
    with used(place) as stack:
        import urllib.request

        with urllib.request.urlopen(f"{stack.api_url}/v1/health") as answer:
            assert answer.status == 299
        assert there(stack, "kept") == (True, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_ends_cleanly_on_ctrl_c_and_sigterm(place, number):
    process = up(place)
    pid = server_pid(place)
    process.send_signal(number)
    assert process.wait(SECONDS) == 0
    assert not is_alive(pid)
    assert not Home(place / "home").unsaved.exists()


def test_down_ends_a_stack_that_another_process_serves(place):
    process = up(place)
    pid = server_pid(place)
    assert stop_running(Home(place / "home"))
    assert process.wait(SECONDS) == 0
    assert not is_alive(pid)
    assert not stop_running(Home(place / "home"))


def test_a_killed_command_leaves_no_server_behind_and_loses_nothing(place):
    process = up(place)
    pid = server_pid(place)
    with used(place) as stack:
        put(stack, "kept")
    process.kill()
    process.wait()
    wait_until(lambda: not is_alive(pid))
    with used(place) as stack:
        assert stack.lost is None
        assert there(stack, "kept") == (True, True)


def test_a_killed_server_says_what_it_lost_and_keeps_what_was_saved(place):
    with used(place) as stack:
        put(stack, "saved")
        stack.server.save()
        put(stack, "unsaved")
        os.kill(stack.server.pid, signal.SIGKILL)
    with used(place) as stack:
        assert stack.lost is not None
        assert "repeat the last `intent load` and `intent nightly`" in stack.lost
        assert there(stack, "saved") == (True, True)
        assert there(stack, "unsaved") == (False, True)
    with used(place) as stack:
        assert stack.lost is None


def test_a_run_that_was_interrupted_starts_again_by_itself(place):
    given = json.dumps({"kind": "night", "date": "2026-01-01", "sleep": 3})
    with used(place) as stack:
        machine = stack.outputs["StateMachine"]
        stack.client("stepfunctions").start_execution(stateMachineArn=machine, input=given)
        key = "runs/night-2026-01-01/shards.json"
        wait_until(
            lambda: stack.client("s3").list_objects_v2(Bucket=stack.outputs["Bucket"], Prefix=key)[
                "KeyCount"
            ]
        )
    with used(place) as stack:
        item = {"pk": {"S": "RUN"}, "sk": {"S": "night-2026-01-01"}}
        table = stack.outputs["Table"]
        wait_until(
            lambda: (
                "published"
                in stack.client("dynamodb").get_item(TableName=table, Key=item).get("Item", {})
            )
        )
