"""Files of calls, as Segment keeps them in S3, go the way of the tracking API."""

from __future__ import annotations

import gzip
import json
from datetime import date, timedelta

import pytest

from intent_segments.errors import InvalidFile
from intent_segments.lake.objects import Bucket
from intent_segments.services import raw_logs
from intent_segments.services.importing import ImportRequest
from intent_segments.services.raw_logs import take_calls
from tests.unit.calls.test_roll_up import DAY, events, track
from tests.unit.store.stack import NOW

KEY = "landing/calls/9f/1793400000000/1.gz"


def logged(user, number=0, **more):
    """A call as it stands in a log: `timestamp` is right, `sentAt` by the client's wrong clock."""
    own = {"sentAt": f"{DAY + timedelta(days=40)}T10:00:00Z", "receivedAt": f"{DAY}T10:00:01Z"}
    return track(user, number=number) | own | {"channel": "server", "version": 2} | more


def take(tracking, lines, now=NOW, **where):
    text = b"".join(x if isinstance(x, bytes) else json.dumps(x).encode() + b"\n" for x in lines)
    bucket = tracking.stores.objects if "bucket" not in where else Bucket(where["bucket"])
    bucket.put(KEY, gzip.compress(text))
    request = ImportRequest.from_event({"key": KEY, "kind": "calls", **where})
    return take_calls(tracking.stores, request, now, tracking.folder)


def test_calls_of_a_log_are_events_on_the_day_that_segment_says(tracking):
    calls = [logged("u1", n) for n in range(3)]
    calls.append({k: v for k, v in logged("u2").items() if k != "timestamp"})
    report = take(tracking, calls)
    assert (report["rows_read"], report["accepted"], report["set_aside"]) == (4, 4, {})
    assert tracking.roll_up()["added"] == 4
    assert events(tracking) == {("u1", "A", DAY): 3, ("u2", "A", DAY): 1}


def test_a_log_that_comes_again_adds_nothing(tracking):
    take(tracking, [logged("u1", n) for n in range(3)])
    tracking.roll_up()
    take(tracking, [logged("u1", n) for n in range(4)], NOW + timedelta(hours=2))
    report = tracking.roll_up()
    assert (report["added"], report["duplicates"]) == (1, 3)


def test_a_line_that_cannot_be_used_costs_none_of_the_others(tracking):
    report = take(tracking, [b"{broken\n", logged("u1"), b"\n", logged(None, 1), b"[1]\n"])
    assert report["rows_read"] == 4 and report["accepted"] == 1
    assert report["set_aside"]["refused"]["count"] == 3
    [key] = tracking.stores.objects.keys("rejected/calls/")
    kept = gzip.decompress(tracking.stores.objects.get(key)).splitlines()
    assert [json.loads(line)["call"] for line in kept][:2] == ["{broken\n", "[1]\n"]


def test_a_number_that_json_does_not_know_is_refused_as_the_tracking_api_does(tracking):
    broken = json.dumps(logged("u1", properties={"price": float("nan")})).encode() + b"\n"
    report = take(tracking, [broken, logged("u1", 1)])
    assert (report["accepted"], report["set_aside"]["refused"]["count"]) == (1, 1)
    assert "NaN is no JSON number" in report["set_aside"]["refused"]["example"]


@pytest.mark.parametrize(
    ("times", "day"),
    [
        ({"originalTimestamp": "2026-10-03T10:00:00Z"}, date(2026, 10, 3)),
        ({"timestamp": None, "originalTimestamp": "2026-10-03T10:00:00Z"}, date(2026, 10, 3)),
        # The client's clock is a day ahead of Segment's.
        (
            {
                "originalTimestamp": "2026-10-03T10:00:00Z",
                "sentAt": "2026-10-03T11:00:00Z",
                "receivedAt": "2026-10-02T11:00:00Z",
            },
            date(2026, 10, 2),
        ),
        (
            {"originalTimestamp": "9999-12-31T23:00:00Z", "sentAt": "0001-01-01T00:00:00Z"},
            None,
        ),
    ],
)
def test_without_a_timestamp_the_clients_time_counts(tracking, times, day):
    call = {k: v for k, v in logged("u1").items() if k not in ("timestamp", "sentAt")} | times
    report = take(tracking, [call])
    assert report["accepted"] == (day is not None)
    if day is not None:
        tracking.roll_up()
        assert events(tracking) == {("u1", "A", day): 1}


def test_long_rows_are_written_and_long_lines_set_aside_before_they_fill_the_memory(
    tracking, monkeypatch
):
    monkeypatch.setattr(raw_logs, "HELD_BYTES", 1 << 20)
    monkeypatch.setattr(raw_logs, "BATCH_TEXT", 1 << 18)
    sizes = []
    zipped = raw_logs.zipped

    def measured(lines):
        sizes.append(sum(map(len, lines)))
        return zipped(lines)

    monkeypatch.setattr(raw_logs, "zipped", measured)
    long = [logged("u1", n, properties={"text": "x" * 30_000}) for n in range(120)]
    too_long = logged("u1", 999, properties={"text": "x" * raw_logs.LINE_BYTES})
    report = take(tracking, [*long, too_long])
    assert (report["rows_read"], report["accepted"]) == (121, 120)
    assert "the limit is 131,072" in report["set_aside"]["refused"]["example"]
    assert len(sizes) > 3 and max(sizes) < 1.5 * (1 << 20)
    [key] = tracking.stores.objects.keys("rejected/calls/")
    [kept] = gzip.decompress(tracking.stores.objects.get(key)).splitlines()
    assert json.loads(json.loads(kept)["call"])["messageId"] == too_long["messageId"]
    assert tracking.roll_up()["added"] == 120


def test_a_long_log_is_several_files(tracking, monkeypatch):
    monkeypatch.setattr(raw_logs, "MOST_ROWS", 2_500)
    take(tracking, [logged("u1", n) for n in range(6_000)])
    assert len(tracking.stores.objects.keys("calls/")) == 3
    assert tracking.roll_up()["added"] == 6_000


def test_a_log_in_another_bucket_is_read_where_it_lies(tracking):
    client = tracking.stores.objects.client
    here = {"LocationConstraint": client.meta.region_name}
    client.create_bucket(Bucket="theirs", CreateBucketConfiguration=here)
    assert take(tracking, [logged("u1")], bucket="theirs")["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [(gzip.compress(b"x" * 900)[:-9], "damaged"), (b"x" * (raw_logs.MAX_LINE_BYTES + 1), "a line")],
)
def test_a_file_that_is_no_log_is_refused_and_lands_nothing(tracking, body, told):
    tracking.stores.objects.put(KEY, body)
    request = ImportRequest.from_event({"key": KEY, "kind": "calls"})
    with pytest.raises(InvalidFile, match=told):
        take_calls(tracking.stores, request, NOW, tracking.folder)
    assert tracking.stores.objects.keys("calls/") == []
