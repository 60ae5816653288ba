"""The bucket: bytes by key, and immutable files kept in a local folder once fetched."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..errors import NotFound, Raced

PARALLEL = 8
"""Transfers at once: a single S3 connection does not fill a function's network."""
PIECE = 8 << 20
"""Bytes of an object that one request asks for: most files take one request."""
PIECES = 4
"""Pieces of one file at once."""
STREAM_TRIES = 3
"""A connection may break while a body is read, where the SDK's own repeats are over."""
CACHE_BYTES = 1 << 30
"""The cache folder is trimmed to this; it shares a function's /tmp with the work on them."""
CACHE_SECONDS = 900
"""A file used within this time is never trimmed: no function that reads it can run longer."""


@dataclass(frozen=True)
class Bucket:
    """An S3 bucket by name. The client is made on first use; boto3 takes its endpoint, region and
    credentials from the environment (AWS_ENDPOINT_URL on a laptop).

    What `of_others` does not let us read raises NotFound: S3 answers 403 for a missing key as well
    to who may not list the bucket (API reference, GetObject, "Permissions")."""

    name: str
    of_others: bool = field(default=False, kw_only=True)

    @cached_property
    def client(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client("s3", config=Config(max_pool_connections=PIECES * PARALLEL))

    def put(self, key: str, body: bytes) -> None:
        """Write an object, over another one of that key if there is one."""
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def put_new(self, key: str, body: bytes) -> None:
        """Write an object whose key is free. Raises Raced when it is taken."""
        from botocore.exceptions import ClientError

        try:
            self.client.put_object(Bucket=self.name, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if _status(error) in (409, 412):
                raise Raced(f"{key} was written meanwhile; read again and repeat.") from error
            raise

    def get(self, key: str) -> bytes:
        """An object's bytes. Raises NotFound."""
        from botocore.exceptions import ClientError

        try:
            return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())
        except ClientError as error:
            raise self._explained(error, key) from error

    def size(self, key: str) -> int | None:
        """Bytes of an object, None when there is no such key."""
        from botocore.exceptions import ClientError

        try:
            return int(self.client.head_object(Bucket=self.name, Key=key)["ContentLength"])
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise

    def keys(self, prefix: str) -> list[str]:
        """Every key that starts with `prefix`, in ascending order."""
        return sorted(self.written(prefix))

    def sizes(self, prefix: str) -> dict[str, int]:
        """Every key that starts with `prefix`, in ascending order, and its bytes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        found = {item["Key"]: item["Size"] for p in pages for item in p.get("Contents", ())}
        return dict(sorted(found.items()))

    def written(self, prefix: str) -> dict[str, datetime]:
        """Every key that starts with `prefix`, and the UTC instant at which it was last written."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix
        )
        return {item["Key"]: item["LastModified"] for p in pages for item in p.get("Contents", ())}

    def folders(self, prefix: str) -> list[str]:
        """What the keys that start with `prefix` go on with up to the next slash, in ascending
        order, each with the prefix and the slash. Takes no longer where folders hold many keys."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, Delimiter="/"
        )
        return [found["Prefix"] for p in pages for found in p.get("CommonPrefixes", ())]

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a key that is not there is no error. Raises RuntimeError for one that
        could not be removed."""
        wanted = list(keys)
        # DeleteObjects takes at most 1,000 keys.
        for start in range(0, len(wanted), 1000):
            batch = [{"Key": key} for key in wanted[start : start + 1000]]
            answer = self.client.delete_objects(
                Bucket=self.name, Delete={"Objects": batch, "Quiet": True}
            )
            for failed in answer.get("Errors", ()):
                raise RuntimeError(f"{failed['Key']} was not removed: {failed.get('Message')}")

    def upload(self, files: dict[str, Path]) -> None:
        """Write local files, key -> path, several at once."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            done = [
                pool.submit(self.client.upload_file, str(path), self.name, key)
                for key, path in files.items()
            ]
            for future in done:
                future.result()

    def fetch(self, keys: Iterable[str], folder: Path) -> list[Path]:
        """Local copies of immutable objects, in the order of `keys`, fetched several at once.

        A copy in `folder` is used again: a key never changes its content. Raises NotFound.
        """
        wanted = list(keys)
        paths = [folder / self.name / key for key in wanted]
        absent = {k: p for k, p in zip(wanted, paths, strict=True) if not _touched(p)}
        if absent:
            _trim(folder)
            with ThreadPoolExecutor(PARALLEL) as pool:
                list(pool.map(self._download, absent.keys(), absent.values()))
        return paths

    def download(self, key: str, path: Path) -> Path:
        """Copy one object to `path`, whole or not at all. Raises NotFound."""
        self._download(key, path)
        return path

    def download_all(self, files: dict[str, Path]) -> None:
        """Copy objects, key -> path, several at once. Raises NotFound."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(self._download, files.keys(), files.values()))

    def _download(self, key: str, path: Path) -> None:
        from botocore.exceptions import ClientError

        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
        partial.touch()
        try:
            size, etag = self._piece(key, partial, 0)
            if later := range(PIECE, size, PIECE):
                with ThreadPoolExecutor(PIECES) as pool:
                    list(pool.map(lambda start: self._piece(key, partial, start, etag), later))
            partial.replace(path)
        except ClientError as error:
            raise self._explained(error, key) from error
        finally:
            partial.unlink(missing_ok=True)

    def _piece(self, key: str, path: Path, start: int, etag: str | None = None) -> tuple[int, str]:
        """Copy a piece of an object to the same place of a file; the object's size and its ETag.

        With an ETag the object must still be that one.
        """
        from botocore.exceptions import (
            ClientError,
            IncompleteReadError,
            ReadTimeoutError,
            ResponseStreamingError,
        )

        same = {"IfMatch": etag} if etag else {}
        asked = {"Key": key, "Range": f"bytes={start}-{start + PIECE - 1}", **same}
        tries = STREAM_TRIES
        while True:
            try:
                answer = self.client.get_object(Bucket=self.name, **asked)
                with path.open("r+b") as file:
                    file.seek(start)
                    for chunk in answer["Body"].iter_chunks(1 << 18):
                        file.write(chunk)
                return int(answer["ContentRange"].rpartition("/")[2]), answer["ETag"]
            except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                tries -= 1
                if not tries:
                    raise
            except ClientError as error:
                if start == 0 and _status(error) == 416:  # no first byte: the object is empty
                    return 0, ""
                raise

    def _explained(self, error: Exception, key: str) -> Exception:
        if _status(error) == 404:
            return NotFound(f"There is no object {key} in the bucket {self.name}.")
        if self.of_others and _status(error) == 403:
            return NotFound(
                f"s3://{self.name}/{key} cannot be read: there is no such object, or it is not "
                "allowed. Deploy with SourceData=arn:aws:s3:::… that covers it; let the import "
                "function's role read it in the policy of a bucket of another account, and decrypt "
                "it (kms:Decrypt) in the policy of the key where the bucket has one (SSE-KMS)."
            )
        return error


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _touched(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _trim(folder: Path) -> None:
    """Drop the files used longest ago until the folder holds CACHE_BYTES."""
    if not folder.is_dir():
        return
    files = [(p.stat().st_mtime, p.stat().st_size, p) for p in folder.rglob("*.parquet")]
    total = sum(size for _, size, _ in files)
    for used, size, path in sorted(files):
        if total <= CACHE_BYTES or time.time() - used < CACHE_SECONDS:
            return
        path.unlink(missing_ok=True)
        total -= size
