"""Backup and restore, tried: a stack is lost, and another one goes on from the copies.

    python -m bench.restore_drill FOLDER

An account with a goal and a night lives in one local stack. Its table and its bucket are copied,
as point-in-time recovery and a copy of the bucket give them on AWS; the stack is thrown away; a new
one is deployed, gets the copies, and must answer the same and close the next night with the same
numbers.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from intent_local.commands.nightly import run_night
from intent_local.connection import Connection, local
from intent_local.stack.home import Home
from intent_local.stack.running import running_stack
from tests.fixtures.accounts import AS_OF, account

NEXT, AFTER = AS_OF + timedelta(days=1), AS_OF + timedelta(days=2)
PATHS = ("/v1/account", "/v1/segments", "/v1/goals", "/v1/runs", "/v1/events")


def main(folder: Path) -> int:
    shutil.rmtree(folder, ignore_errors=True)
    say = Clock()
    with account(folder / "world", Home(folder / "lost")) as made:
        goal = made.goal()["id"]
        made.night(NEXT)
        made.load_until(AFTER)
        say(f"an account with a goal, {NEXT} closed and {AFTER} loaded")
        before = answers(made.stack.api, goal)
        items, objects = copies(made.stack)
        say(f"copied: {len(items)} items of the table, {len(objects)} objects of the bucket")
        night = run_night(made.stack, AFTER)["goals"]
        say(f"closed {AFTER} in the old stack, to compare with later")
    shutil.rmtree(folder / "lost")
    say("the stack is lost, data and all")
    with fresh(folder / "new") as stack:
        say("a new stack is deployed from the same template")
        restore(stack, items, objects)
        say("the copies are put back")
        same = answers(stack.api, goal) == before
        say(f"{len(before)} answers compared: {'the same' if same else 'DIFFERENT'}")
        again = run_night(stack, AFTER)["goals"] == night
        say(f"closed {AFTER}: {'the same numbers' if again else 'OTHER NUMBERS'}")
    return 0 if same and again else 1


def answers(api: Any, goal: str) -> dict[str, Any]:
    """Everything that is shown of the account and its goal, users of a bucket among it."""
    parts = ("", "/progress", "/buckets", "/evaluation", "/drivers", "/report")
    paths = [*PATHS, *(f"/v1/goals/{goal}{part}" for part in parts)]
    paths += [f"/v1/goals/{goal}/buckets/{name}/users" for name in ("most_likely", "least_likely")]
    return {path: api.get(path) for path in paths}


def copies(stack: Connection) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """All items and all objects, as they are now."""
    items = []
    for page in stack.client("dynamodb").get_paginator("scan").paginate(TableName=table(stack)):
        items += page["Items"]
    s3, objects = stack.client("s3"), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=stack.bucket):
        for found in page.get("Contents", ()):
            body = s3.get_object(Bucket=stack.bucket, Key=found["Key"])["Body"].read()
            objects[found["Key"]] = body
    return items, objects


def restore(stack: Connection, items: list[dict[str, Any]], objects: dict[str, bytes]) -> None:
    for item in items:
        stack.client("dynamodb").put_item(TableName=table(stack), Item=item)
    for key, body in objects.items():
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=body)


def table(stack: Connection) -> str:
    [name] = stack.client("dynamodb").list_tables()["TableNames"]
    return str(name)


@contextmanager
def fresh(home: Path) -> Iterator[Connection]:
    with running_stack(home=Home(home)) as running:
        yield local(running)


class Clock:
    """Says what was done and when, in seconds since the beginning."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, told: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {told}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
