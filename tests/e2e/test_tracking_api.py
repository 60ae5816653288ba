"""Segment's own client libraries, unmodified, against the deployed tracking API."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import segment.analytics

from intent_local.client import ApiError
from intent_local.commands.load import in_place
from intent_local.connection import local
from intent_local.invoke import invoke
from intent_local.stack.home import Home
from intent_local.stack.running import running_stack
from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import open_lake

NODE_CLIENT = Path(__file__).parent / "node_client"


class Sink:
    """The stack's tracking API and what is in its lake."""

    def __init__(self, running, folder: Path) -> None:
        self.running = running
        self.api = local(running).api
        self.url = running.api_url
        self.folder = folder
        self.key = self.api.post("/v1/write-keys", {"name": "test"})["write_key"]

    def roll_up(self):
        """Wait until everything has landed, then roll it up."""
        sqs = self.running.client("sqs")
        [url] = [url for url in sqs.list_queues()["QueueUrls"] if "CallsQueue" in url]
        waiting = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(waiting))
            if not any(int(found["Attributes"][name]) for name in waiting):
                break
            time.sleep(0.1)
        name = self.running.outputs["RollUpFunction"]
        return invoke(self.running.client("lambda"), name, {"kind": "calls"})

    def rows(self, table: str, query: str):
        bucket = self.running.outputs["Bucket"]
        s3 = Bucket(bucket)
        s3.__dict__["client"] = self.running.client("s3")
        item = self.running.client("dynamodb").get_item(
            TableName=self.running.outputs["Table"], Key={"pk": {"S": "LAKE"}, "sk": {"S": "HEAD"}}
        )["Item"]
        manifest = read_manifest(s3, item["manifest_key"]["S"])
        groups = range(manifest.groups)
        tables = open_lake(s3, manifest, groups, {table, "users"}, None, self.folder)
        return tables.con.execute(query).fetchall()

    def events(self) -> Counter:
        """(user, event) -> how many."""
        return Counter(
            self.rows(
                "events",
                """SELECT u.user_id, n.name FROM events e JOIN users u USING (uh)
                JOIN event_names n ON n.event = e.event""",
            )
        )

    def traits(self) -> dict:
        """(user, property) -> value."""
        found = self.rows(
            "profiles",
            """SELECT u.user_id, p.property, coalesce(p.text, CAST(p.number AS VARCHAR))
            FROM profiles p JOIN users u USING (uh)""",
        )
        return {(user, name): value for user, name, value in found}


@pytest.fixture(scope="module")
def sink(tmp_path_factory):
    root: Path = tmp_path_factory.mktemp("tracking")
    with running_stack(home=Home(root / "home")) as running:
        yield Sink(running, root / "cache")


def test_the_python_library_feeds_the_lake_every_call_once(sink):
    failed = []
    client = segment.analytics.Client(
        sink.key,
        host=sink.url,
        upload_size=20,
        on_error=lambda error, batch: failed.append(error),
    )
    for number in range(50):
        client.track("py-1", "Order Completed", {"number": number, "amount": 9.5})
    client.identify("py-1", {"plan": "plus", "age": 31})
    client.page("py-2", "Shop", "Home", {"path": "/"})
    client.screen("py-2", "Shop", "Cart")
    client.group("py-1", "g1", {"seats": 3})
    client.alias("py-before", "py-1")
    client.shutdown()
    assert failed == []
    report = sink.roll_up()
    assert report["added"] == 52
    found = sink.events()
    assert found["py-1", "Order Completed"] == 50
    assert found["py-2", "Page Viewed"] == found["py-2", "Screen Viewed"] == 1
    traits = sink.traits()
    assert traits["py-1", "plan"] == "plus"
    assert traits["py-1", "group_id"] == "g1" and traits["py-1", "group.seats"] == "3.0"
    assert traits["py-before", "merged_into"] == "py-1"


@pytest.fixture(scope="module")
def node_client():
    """The folder with Segment's Node library; skipped where there is no node."""
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    subprocess.run(command, cwd=NODE_CLIENT, check=True, capture_output=True, timeout=180)
    return NODE_CLIENT


def test_the_node_library_feeds_the_lake_every_call_once(sink, node_client):
    done = subprocess.run(
        ["node", "send.mjs", sink.url, sink.key],
        cwd=node_client,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    told = json.loads(done.stdout)
    assert told["failed"] == []
    assert len(told["sent"]) == 12
    assert sink.roll_up()["added"] == 9
    found = sink.events()
    assert found["node-1", "Song Played"] == 7
    # The alias of the same day says who looked at the page.
    assert found["node-1", "Page Viewed"] == found["node-1", "Screen Viewed"] == 1
    assert sink.traits()["node-1", "address.city"] == "Bern"


def test_who_has_no_write_key_is_turned_away_and_a_broken_call_is_told(sink):
    with pytest.raises(ApiError) as caught:
        sink.api.post("/v1/track", {"userId": "u", "event": "A"})
    assert caught.value.status == 401
    with pytest.raises(ApiError) as caught:
        sink.api.post("/v1/track", {"userId": "u", "writeKey": sink.key})
    assert caught.value.status == 422
    assert caught.value.errors[0].field == "event"


def test_a_browser_may_call_from_anywhere_on_the_short_path(sink):
    call = {"anonymousId": "b1", "event": "A", "writeKey": sink.key, "messageId": "b1-1"}
    call["timestamp"] = call["sentAt"] = datetime.now(UTC).isoformat()
    answer = sink.running.server  # the address of the API
    import urllib.request

    request = urllib.request.Request(
        f"{answer.api_url}/v1/t", json.dumps(call).encode(), {"content-type": "text/plain"}
    )
    with urllib.request.urlopen(request, timeout=10) as told:
        assert told.headers["access-control-allow-origin"] == "*"
        assert json.loads(told.read()) == {"success": True}
    assert sink.roll_up()["added"] == 1


def test_partitions_and_raw_logs_of_another_bucket_are_read_in_place(sink, tmp_path):
    s3 = sink.running.client("s3")
    s3.create_bucket(Bucket="theirs")
    path = tmp_path / "p.parquet"
    for day in (28, 29):
        duckdb.execute(
            f"""COPY (SELECT 'hive-' || i AS user_id, TIMESTAMP '2026-10-{day} 08:00' AS ts
            FROM range(3) t(i)) TO '{path}' (FORMAT parquet)"""
        )
        key = f"lake/event=Song%20Played/dt=2026-10-{day}/p.parquet"
        s3.put_object(Bucket="theirs", Key=key, Body=path.read_bytes())
    s3.put_object(Bucket="theirs", Key="lake/_SUCCESS", Body=b"x")
    stack = local(sink.running)
    read = in_place(stack, "s3://theirs/lake/", "events", None, {"since": "2026-11-01"}, False)
    assert read == []
    read = in_place(stack, "s3://theirs/lake/", "events", None, {}, False)
    assert [told["report"]["added"] for told in read] == [3, 3]
    assert sink.events()["hive-2", "Song Played"] == 2
    call = {"type": "track", "userId": "log-1", "event": "A", "messageId": "l1"}
    line = json.dumps(call | {"timestamp": "2026-10-30T08:00:00Z"}).encode()
    s3.put_object(Bucket="theirs", Key="segment-logs/s/1/1.gz", Body=gzip.compress(line))
    [told] = in_place(stack, "s3://theirs/segment-logs/", "calls", None, {}, False)
    assert told["report"]["accepted"] == 1
    assert sink.roll_up()["added"] == 1


def test_a_file_that_is_dropped_into_the_bucket_is_imported_by_its_mapping(sink):
    rows = [
        {"user_id": f"amp-{n}", "event_type": "Song Played", "event_time": "2026-10-30 08:00:00",
         "$insert_id": f"i{n}", "event_properties": {"genre": "rock"}}
        for n in range(5)
    ]  # fmt: skip
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    key = "landing/events/mapping=amplitude/2026/10/30.jsonl"
    sink.running.client("s3").put_object(Bucket=sink.running.outputs["Bucket"], Key=key, Body=body)
    end = time.monotonic() + 60
    while sink.events()["amp-4", "Song Played"] == 0:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert all(sink.events()[f"amp-{n}", "Song Played"] == 1 for n in range(5))
