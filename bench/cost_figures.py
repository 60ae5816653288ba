"""What the work of a stack takes, measured for docs/costs.md and kept in cost_figures.json.

    python -m bench.cost_figures

Times are processor seconds of all threads, which other work on the machine does not lengthen. A
function of Lambda with as much processor needs no longer, and one that uses two at once is sooner
done: so they are an upper bound of what is billed, but for the waiting for AWS, which docs/costs.md
adds.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import boto3
import duckdb

from functions.api import handler as api_function
from functions.calls import handler as calls_function
from intent_local.stack.home import Home
from intent_segments.events.importer import import_file
from intent_segments.lake.manifest import Manifest
from intent_segments.services import write_keys
from intent_segments.store.codec import decode_item, encode_item
from intent_segments.store.run_work import PK as RUN_WORK
from intent_segments.store.runs import night_id
from tests.fixtures.accounts import AS_OF, account
from tests.unit.api.requests import ask
from tests.unit.store.stack import NOW, empty_stack

from .account import DAYS, FIRST_DAY, USERS_PER_GROUP, FolderBucket, generate
from .speed import measured

KEPT = Path(__file__).with_name("cost_figures.json")
USERS = 220_000
"""Hardly more than the panel, which is as large in any account beyond that."""
BATCH = 100
REQUESTS = 200


@dataclass(frozen=True)
class Figures:
    """Seconds are of a processor, bytes of Parquet; `night` has of every step of a night of a small
    account its requests, by job, and its milliseconds."""

    day: str
    users: int
    events: int
    history_seconds: float
    day_events: int
    day_seconds: float
    lake_bytes: int
    forecast_seconds: float
    members: int
    score_bytes: int
    scoring_seconds: float
    read_ms: float
    call_ms: float
    batch_ms: float
    night: Mapping[str, Mapping[str, float]]


def kept() -> Figures:
    """The figures that were measured last."""
    return Figures(**json.loads(KEPT.read_text("utf-8")))


def main() -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        steps = night_of_a_small_account(root / "small")
        lake = generate(root, USERS)
        bytes_of_lake = size(root / "bucket")
        loading = loads(root)
        forecast = measured("forecast", folder, lake.manifest_key)
        night = measured("night", folder, lake.manifest_key)
        scores = size(root / "bucket" / "scores") // 2  # of the set-up, and of the night
    figures = Figures(
        day=datetime.now(UTC).date().isoformat(),
        users=USERS,
        lake_bytes=bytes_of_lake,
        forecast_seconds=forecast["cpu"],
        members=night["members"],
        score_bytes=scores,
        scoring_seconds=night["cpu"],
        night=steps,
        **loading,
        **requests(),
    )
    KEPT.write_text(json.dumps(asdict(figures), indent=1) + "\n", "utf-8")
    print(KEPT.read_text("utf-8"))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def loads(root: Path) -> dict[str, Any]:
    """All days but the last into an empty lake, and the last one into that."""
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    files = {"history": f"ts < '{last}'", "day": f"ts >= '{last}'"}
    manifest = Manifest(0, max(1, -(-USERS // USERS_PER_GROUP)), "UTC")
    bucket = FolderBucket("lake", root / "again")
    found: dict[str, Any] = {}
    for name, rows in files.items():
        path = root / f"{name}.parquet"
        with duckdb.connect() as con:
            whole = f"read_parquet('{root / 'world' / 'kinds.parquet'}')"
            con.execute(f"COPY (SELECT * FROM {whole} WHERE {rows}) TO '{path}' (FORMAT parquet)")
        began, before = time.process_time(), manifest.events
        manifest, _ = import_file(path, "events", manifest, bucket, root / "scratch")
        found[f"{name}_seconds"] = time.process_time() - began
        found["events" if name == "history" else "day_events"] = manifest.events - before
    return found


def night_of_a_small_account(root: Path) -> dict[str, dict[str, float]]:
    """Of every step of a night on the local stack: requests and milliseconds of one job."""
    day = AS_OF + timedelta(days=1)
    with account(root / "world", Home(root / "home")) as made:
        made.goal()
        made.night(day)
        table = made.stack.client("dynamodb")
        [name] = table.list_tables()["TableNames"]
        key = encode_item({"pk": RUN_WORK, "sk": night_id(day)})
        work = decode_item(table.get_item(TableName=name, Key=key)["Item"])
    kinds = ("s3_reads", "s3_writes", "table_reads", "table_writes", "milliseconds")
    return {
        step["step"]: {kind: step[kind] / step["jobs"] for kind in kinds} for step in work["steps"]
    }


def requests() -> dict[str, float]:
    """Milliseconds of a read, of a call and of a batch of calls, in the functions' own code, with
    AWS stood in for by moto in the same process, whose work is counted with it."""
    with empty_stack() as stores:
        url = boto3.client("sqs").create_queue(QueueName="calls")["QueueUrl"]
        with patch.dict(os.environ, {"CALLS_QUEUE": url}):
            for function in (api_function, calls_function):
                function.api.stores = function.api.access = function.api.secrets = None
            key = write_keys.create(stores, "costs", os.urandom(24), NOW, None)["write_key"]
            call = {"type": "track", "userId": "u", "event": "Bought", "properties": {"n": 1}}
            batch = {"batch": [call] * BATCH, "writeKey": key}
            return {
                "read_ms": milliseconds(lambda: ask("GET", "/v1/account")),
                "call_ms": milliseconds(lambda: ask("POST", "/v1/track", call | {"writeKey": key})),
                "batch_ms": milliseconds(lambda: ask("POST", "/v1/batch", batch)),
            }


def milliseconds(work: Callable[[], Any]) -> float:
    assert work().status == 200
    began = time.process_time()
    for _ in range(REQUESTS):
        work()
    return 1000 * (time.process_time() - began) / REQUESTS


if __name__ == "__main__":
    main()
