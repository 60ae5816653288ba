from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from botocore.response import StreamingBody

from intent_segments.errors import NotFound, Raced
from intent_segments.lake import objects
from intent_segments.lake.objects import Bucket


def test_objects_are_put_got_listed_and_deleted(bucket: Bucket) -> None:
    for key in ("a/2", "a/1", "b/1"):
        bucket.put(key, key.encode())
    assert bucket.get("a/1") == b"a/1"
    assert bucket.keys("a/") == ["a/1", "a/2"]
    assert bucket.size("a/1") == 3 and bucket.size("a/3") is None
    bucket.delete(["a/1", "a/3"])
    assert bucket.keys("a/") == ["a/2"]


def test_a_missing_object_is_named(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no object a/9 in the bucket lake"):
        bucket.get("a/9")
    with pytest.raises(NotFound, match="a/9"):
        bucket.fetch(["a/9"], tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_new_object_does_not_overwrite(bucket: Bucket) -> None:
    bucket.put_new("k", b"first")
    with pytest.raises(Raced, match="k was written meanwhile"):
        bucket.put_new("k", b"second")
    assert bucket.get("k") == b"first"


def test_fetched_files_come_in_the_order_asked_and_are_used_again(
    bucket: Bucket, tmp_path: Path
) -> None:
    keys = [f"events/x/g={g:04d}.parquet" for g in range(20)]
    for key in keys:
        bucket.put(key, key.encode())
    paths = bucket.fetch(reversed(keys), tmp_path)
    assert [path.read_bytes().decode() for path in paths] == keys[::-1]
    bucket.delete(keys)
    assert bucket.fetch(keys, tmp_path) == paths[::-1]


@pytest.mark.parametrize(
    ("size", "pieces"), [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (95, 10)]
)
def test_a_file_of_any_size_comes_whole_in_as_many_requests_as_it_has_pieces(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, pieces: int
) -> None:
    monkeypatch.setattr(objects, "PIECE", 10)
    body = bytes(range(size))
    bucket.put("a", body)
    requests = []
    bucket.client.meta.events.register("before-call.s3", lambda model, **_: requests.append(model))
    assert bucket.download("a", tmp_path / "a").read_bytes() == body
    assert [model.name for model in requests] == ["GetObject"] * pieces


def test_pieces_of_two_objects_are_never_one_file(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PIECE", 10)
    bucket.put("a", b"x" * 15)
    piece = Bucket._piece

    def overwritten_after_the_first(bucket: Bucket, *asked: Any) -> Any:
        found = piece(bucket, *asked)
        bucket.put("a", b"y" * 15)
        return found

    monkeypatch.setattr(Bucket, "_piece", overwritten_after_the_first)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        bucket.download("a", tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("breaks", [objects.STREAM_TRIES - 1, objects.STREAM_TRIES])
def test_a_body_that_breaks_off_is_asked_for_again_a_few_times(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: int
) -> None:
    bucket.put("a", b"whole")
    left = [ResponseStreamingError(error="reset")] * breaks
    chunks = StreamingBody.iter_chunks

    def breaking_off(body: StreamingBody, size: int) -> Iterator[bytes]:
        if left:
            yield b"half"
            raise left.pop()
        yield from chunks(body, size)

    monkeypatch.setattr(StreamingBody, "iter_chunks", breaking_off)
    if breaks < objects.STREAM_TRIES:
        assert bucket.download("a", tmp_path / "a").read_bytes() == b"whole"
    else:
        with pytest.raises(ResponseStreamingError):
            bucket.download("a", tmp_path / "a")
        assert not list(tmp_path.iterdir())


def test_more_than_a_thousand_objects_can_be_deleted(bucket: Bucket) -> None:
    keys = [f"k/{i:04d}" for i in range(1003)]
    for key in keys:
        bucket.put(key, b"")
    assert bucket.keys("k/") == keys
    bucket.delete(keys)
    assert bucket.keys("k/") == []


def test_the_cache_drops_what_was_used_longest_ago(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old", "mid", "new", "next"):
        bucket.put(f"{name}.parquet", b"x" * 100)
    old, mid, new = bucket.fetch(["old.parquet", "mid.parquet", "new.parquet"], tmp_path)
    os.utime(old, (1, 1))
    os.utime(mid, (2, 2))
    monkeypatch.setattr(objects, "CACHE_BYTES", 250)
    bucket.fetch(["next.parquet"], tmp_path)
    assert (old.exists(), mid.exists(), new.exists()) == (False, True, True)


def test_a_file_in_use_stays_in_the_cache_whatever_its_size(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "CACHE_BYTES", 0)
    for name in ("a", "b"):
        bucket.put(f"{name}.parquet", b"x")
    (a,) = bucket.fetch(["a.parquet"], tmp_path)
    bucket.fetch(["b.parquet"], tmp_path)
    assert a.exists()
