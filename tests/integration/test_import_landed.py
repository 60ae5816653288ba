"""The import as the deployed function does it: moto's S3 and DynamoDB, the real handler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import duckdb
import pytest
from botocore.exceptions import ClientError

from intent_segments.errors import Conflict, InvalidFile, InvalidInput, NotFound, Raced
from intent_segments.events.open_files import open_files
from intent_segments.lake.manifest import read_manifest
from intent_segments.lake.objects import Bucket
from intent_segments.services.importing import ATTEMPTS, ImportRequest, import_landed
from intent_segments.store.lake_head import LakeHead
from intent_segments.store.table import Table
from tests.fixtures.aws import aws_in_process
from tests.unit.events.making import events, parquet, text
from tests.unit.lake.storing import contents, everything

ENVIRONMENT = {
    "TABLE": "intent",
    "BUCKET": "lake",
    "EVENT_BUS": "bus",
    "GROUPS": "3",
    "TIMEZONE": "UTC",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@dataclass
class Stack:
    objects: Bucket
    head: LakeHead
    folder: Path

    def load(self, path: Path, objects: Bucket | None = None, **event: Any) -> dict[str, Any]:
        key = f"landing/{path.stem}/{path.name}"
        self.objects.put(key, path.read_bytes())
        request = ImportRequest.from_event({"key": key, "kind": "events", **event})
        return import_landed(
            request, self.head, objects or self.objects, 3, "UTC", self.folder / "cache"
        )

    def tables(self) -> dict[str, list[Any]]:
        key = self.head.read().manifest_key
        assert key is not None
        return everything(self.objects, read_manifest(self.objects, key), self.folder / "read")


@contextmanager
def resources() -> Iterator[None]:
    with aws_in_process(ENVIRONMENT):
        boto3.client("s3").create_bucket(Bucket="lake")
        boto3.client("dynamodb").create_table(
            TableName="intent",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        yield


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with resources():
        yield Stack(Bucket("lake"), LakeHead(Table("intent")), tmp_path)


@dataclass(frozen=True)
class BusyBucket(Bucket):
    """The real bucket, in which another import commits while this one writes its parts."""

    rivals: Iterator[Any]

    def upload(self, files: dict[str, Path]) -> None:
        super().upload(files)
        next(self.rivals, None)


def test_an_import_commits_a_version_and_the_last_day(stack: Stack, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "b", "2026-01-07"))
    answer = stack.load(path)
    assert (answer["version"], answer["watermark"], answer["added"]) == (1, "2026-01-07", 2)
    head = stack.head.read()
    assert head.version == 1 and head.watermark == date(2026, 1, 7)
    assert stack.tables() == contents(open_files([path]))


def test_loading_twice_commits_once(stack: Stack, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u1", "a", "2026-01-05"))
    stack.load(path)
    before = stack.head.read()
    answer = stack.load(path)
    assert (answer["added"], answer["duplicates"], answer["version"]) == (0, 2, 1)
    assert stack.head.read() == before


def test_until_cuts_the_file_and_closes_that_day(stack: Stack, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "b", "2026-01-09"))
    answer = stack.load(path, until="2026-01-07")
    assert (answer["added"], answer["after_until"]) == (1, 1)
    assert answer["watermark"] == "2026-01-07"
    answer = stack.load(path, since="2026-01-08")
    assert (answer["added"], answer["before_since"], answer["watermark"]) == (1, 1, "2026-01-09")


def test_an_until_that_is_only_a_limit_closes_no_day_beyond_the_data(
    stack: Stack, tmp_path: Path
) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "b", "2026-01-09"))
    answer = stack.load(path, until="2026-01-31", closes_until=False)
    assert answer["watermark"] == "2026-01-09"


def test_a_later_until_closes_days_even_when_the_file_adds_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    stack.load(path)
    answer = stack.load(path, until="2026-01-08")
    assert (answer["added"], answer["watermark"], answer["version"]) == (0, "2026-01-08", 2)
    key = stack.head.read().manifest_key
    assert key is not None and read_manifest(stack.objects, key).version == 2


def test_old_events_do_not_move_the_watermark_back(stack: Stack, tmp_path: Path) -> None:
    stack.load(events(tmp_path / "1.parquet", ("u1", "a", "2026-01-05")))
    answer = stack.load(events(tmp_path / "2.parquet", ("u1", "a", "2026-01-02")))
    assert (answer["added"], answer["watermark"], answer["version"]) == (1, "2026-01-05", 2)


def test_profiles_close_no_day(stack: Stack, tmp_path: Path) -> None:
    people = parquet(tmp_path / "p.parquet", user_id=["u1"], plan=["free"])
    answer = stack.load(people, kind="profiles", valid_from="2026-01-01")
    assert answer["watermark"] is None and answer["version"] == 1
    assert answer["first_day"] == "2026-01-01"


def test_an_import_that_lost_a_race_repeats_on_the_new_state(stack: Stack, tmp_path: Path) -> None:
    rival = events(tmp_path / "rival.parquet", ("u1", "a", "2026-01-05"), ("u9", "z", "2026-01-06"))
    mine = events(tmp_path / "mine.parquet", ("u1", "a", "2026-01-05"), ("u2", "b", "2026-01-07"))
    busy = BusyBucket("lake", (stack.load(rival) for _ in range(1)))
    answer = stack.load(mine, objects=busy)
    assert (answer["version"], answer["added"], answer["duplicates"]) == (2, 1, 1)
    tables = stack.tables()
    both = contents(open_files([rival, mine]))
    assert tables["users"] == both["users"] and len(tables["events"]) == 3


def test_an_import_that_loses_every_race_gives_up_and_harms_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    def rivals() -> Iterator[dict[str, Any]]:
        for n in range(1000):
            path = events(tmp_path / f"r{n}.parquet", (f"r{n}", "a", "2026-01-05"))
            yield stack.load(path)

    mine = events(tmp_path / "mine.parquet", ("u1", "a", "2026-01-05"))
    with pytest.raises(Raced):
        stack.load(mine, objects=BusyBucket("lake", rivals()))
    head = stack.head.read()
    assert head.version >= ATTEMPTS
    assert len(stack.tables()["users"]) == head.version


def test_an_import_killed_before_its_commit_can_be_repeated(stack: Stack, tmp_path: Path) -> None:
    def kill() -> Iterator[None]:
        yield None
        raise KeyboardInterrupt

    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "b", "2026-01-07"))
    with pytest.raises(KeyboardInterrupt):
        stack.load(path, objects=BusyBucket("lake", kill()))
    assert stack.head.read().version == 0
    written = stack.objects.keys("events/")
    assert written
    assert stack.load(path)["added"] == 2
    assert stack.objects.keys("events/") == written


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("e.parquet", ["no parquet"], "not a Parquet file"),
        ("e.csv", ["user,event,ts", "u1,a,2026-01-05"], "no column user_id"),
        ("e.csv", ["user_id,event,ts", "u1,a"], "line 2 has 2 values"),
    ],
)
def test_a_bad_file_leaves_the_lake_as_it_was(
    stack: Stack, tmp_path: Path, name: str, lines: list[str], message: str
) -> None:
    with pytest.raises(InvalidFile, match=message):
        stack.load(text(tmp_path / name, *lines))
    assert stack.head.read().version == 0
    assert [key for key in stack.objects.keys("") if not key.startswith("landing/")] == []


def test_a_missing_file_is_named(stack: Stack) -> None:
    request = ImportRequest.from_event({"key": "landing/x/e.parquet", "kind": "events"})
    with pytest.raises(NotFound, match=r"landing/x/e\.parquet"):
        import_landed(request, stack.head, stack.objects, 3, "UTC", stack.folder)


def test_another_time_zone_than_the_lakes_is_refused(stack: Stack, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
    stack.load(path)
    request = ImportRequest.from_event({"key": "landing/e/e.parquet", "kind": "events"})
    with pytest.raises(Conflict, match="counts days in UTC, the account in Europe/Berlin"):
        import_landed(request, stack.head, stack.objects, 3, "Europe/Berlin", stack.folder)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"kind": "events"}, "key must name an object under landing/"),
        ({"key": "scores/x", "kind": "events"}, "under landing/"),
        ({"key": "landing/e.csv", "kind": "users"}, "events, profiles or calls"),
        ({"key": "landing/e.csv", "kind": "events", "until": "soon"}, "ISO date"),
        (
            {
                "key": "landing/e.csv",
                "kind": "events",
                "since": "2026-01-02",
                "until": "2026-01-01",
            },
            "must not be before since",
        ),
    ],
)
def test_a_request_is_checked(event: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        ImportRequest.from_event(event)


def test_the_function_imports_and_answers_with_the_report(tmp_path: Path) -> None:
    handler = import_module("functions.import_events.handler")
    with resources(), patch.object(handler, "CACHE", tmp_path / "cache"):
        handler.stores.cache_clear()
        path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"))
        Bucket("lake").put("landing/1/e.parquet", path.read_bytes())
        answer = handler.handler({"key": "landing/1/e.parquet", "kind": "events"}, None)
        handler.stores.cache_clear()
    assert (answer["added"], answer["version"]) == (1, 1)
    assert (answer["replaced_files_removed"], answer["sweep_problem"]) == (0, None)


def test_a_landed_file_may_have_the_longest_key_there_is(stack: Stack, tmp_path: Path) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "a", "soon"))
    name = "é" * 500 + ".parquet"
    key = f"landing/{'f' * (1_023 - len(f'landing/{name}'.encode()))}/{name}"
    assert len(key.encode()) == 1_024
    stack.objects.put(key, path.read_bytes())
    request = ImportRequest.from_event({"key": key, "kind": "events"})
    report = import_landed(request, stack.head, stack.objects, 3, "UTC", stack.folder / "cache")
    assert report["added"] == 1
    assert stack.objects.keys("rejected/") == [report["rejected"]]
    assert len(report["rejected"].encode()) <= 1_024


def test_a_partitioned_file_of_another_bucket_is_read_in_place(
    stack: Stack, tmp_path: Path
) -> None:
    boto3.client("s3").create_bucket(Bucket="theirs")
    path = tmp_path / "part-0.parquet"
    duckdb.execute(
        f"""COPY (SELECT 'u' || i AS customer, 'c' || i AS id FROM range(3) t(i))
        TO '{path}' (FORMAT parquet)"""
    )
    key = "orders/dt=2026-10-30/country=CH/part-0.parquet"
    Bucket("theirs").put(key, path.read_bytes())
    mapping = {
        "user_id": "customer",
        "ts": "dt",
        "event_is": "Order Completed",
        "message_id": "id",
        "keep": ["country"],
    }
    event = {"key": key, "bucket": "theirs", "kind": "events", "mapping": mapping}
    request = ImportRequest.from_event(event)
    for added in (3, 0):
        report = import_landed(request, stack.head, stack.objects, 3, "UTC", tmp_path / "cache")
        assert (report["added"], report["watermark"]) == (added, "2026-10-30")
    assert stack.objects.keys("landing/") == []  # nothing was copied
    rows = stack.tables()["events"]
    assert len(rows) == 3 and all('{"country":"CH"}' in row for row in rows)


def test_without_a_mapping_folders_of_another_bucket_are_properties_but_for_the_day(
    stack: Stack, tmp_path: Path
) -> None:
    boto3.client("s3").create_bucket(Bucket="theirs")
    key = "e/event=Song%20Played/dt=2026-10-30/shop=Bern/part-0.parquet"
    Bucket("theirs").put(key, song(tmp_path).read_bytes())
    request = ImportRequest.from_event({"key": key, "kind": "events", "bucket": "theirs"})
    import_landed(request, stack.head, stack.objects, 3, "UTC", tmp_path / "cache")
    assert all('{"shop":"Bern"}' in row for row in stack.tables()["events"])


def test_the_same_file_in_whichever_folder_of_landing_holds_the_same_events(
    stack: Stack, tmp_path: Path
) -> None:
    """Without a message_id properties are part of what an event is known by."""
    found = []
    for folder in ("", "hour=05/dt=2026-10-30/", "hour=06/user_id=u9/"):
        key = f"landing/events/event=Song%20Played/{folder}part-0.parquet"
        stack.objects.put(key, song(tmp_path).read_bytes())
        request = ImportRequest.from_event({"key": key, "kind": "events", "dropped": True})
        report = import_landed(request, stack.head, stack.objects, 3, "UTC", tmp_path / "cache")
        found.append((report["added"], report["duplicates"]))
    assert found == [(1, 0), (0, 1), (0, 1)]
    assert all("{}" in row for row in stack.tables()["events"])


@pytest.mark.parametrize("kind", ["events", "calls"])
def test_what_others_do_not_let_us_read_is_a_refusal_that_says_what_to_allow(
    tmp_path: Path, kind: str
) -> None:
    handler = import_module("functions.import_events.handler")
    event = {"key": "orders/p.parquet", "bucket": "theirs", "kind": kind}
    denied = ClientError(
        {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}},
        "GetObject",
    )
    with (
        resources(),
        patch.object(handler, "CACHE", tmp_path / "cache"),
        patch.object(Bucket, "_piece", side_effect=denied),
    ):
        handler.stores.cache_clear()
        failed = handler.handler(event, None)["failed"]
        handler.stores.cache_clear()
        with pytest.raises(ClientError):  # our own bucket is not for others to open
            Bucket("lake").download("k", tmp_path / "k")
    assert failed["errorType"] == "NotFound"
    for word in ("s3://theirs/orders/p.parquet", "SourceData", "bucket", "kms:Decrypt"):
        assert word in failed["errorMessage"]


def test_refusals_of_a_partitioned_file_name_it_as_its_owner_does(
    stack: Stack, tmp_path: Path
) -> None:
    key = "landing/events/dt=2026-10-30/part[7].parquet"
    stack.objects.put(key, song(tmp_path).read_bytes())
    for mapping in (None, {"user_id": "nobody", "ts": "dt", "event_is": "A"}):
        event = {"key": key, "kind": "events", "mapping": mapping}
        request = ImportRequest.from_event(event)
        with pytest.raises(InvalidFile, match=r"^part\[7\]\.parquet"):
            import_landed(request, stack.head, stack.objects, 3, "UTC", tmp_path / "cache")


def song(folder: Path) -> Path:
    path = folder / "part-0.parquet"
    duckdb.execute(
        f"""COPY (SELECT 'u1' AS user_id, TIMESTAMP '2026-10-30 08:00:00' AS ts)
        TO '{path}' (FORMAT parquet)"""
    )
    return path


def test_rows_set_aside_lie_beside_the_landed_file_and_the_report_says_where(
    stack: Stack, tmp_path: Path
) -> None:
    path = events(tmp_path / "e.parquet", ("u1", "a", "2026-01-05"), ("u2", "a", "soon"))
    answer = stack.load(path)
    assert answer["rejected"] == "rejected/e/e.parquet.jsonl.gz"
    assert stack.objects.keys("rejected/") == [answer["rejected"]]
    again = stack.load(path)
    assert again["rejected"] == answer["rejected"] and again["version"] == answer["version"]


def test_a_message_id_in_two_files_loaded_at_the_same_time_counts_once(
    stack: Stack, tmp_path: Path
) -> None:
    given = {"user_id": ["u"], "event": ["a"], "message_id": ["m"]}
    rival = parquet(tmp_path / "rival.parquet", ts=["2026-01-05"], **given)
    mine = parquet(tmp_path / "mine.parquet", ts=["2026-01-06"], **given)
    busy = BusyBucket("lake", (stack.load(rival) for _ in range(1)))
    answer = stack.load(mine, objects=busy)
    assert (answer["added"], answer["duplicates"]) == (0, 1)
    assert len(stack.tables()["events"]) == 1
