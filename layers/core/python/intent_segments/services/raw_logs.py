"""Files of calls, one in each line: the raw logs that Segment keeps in S3. They go the way of the
tracking API, beginning where its calls have landed.

Source: https://segment.com/docs/connections/storage/catalog/amazon-s3/ ("Data format"). What stands
there as `timestamp` has been put right by Segment's clock already.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..calls.request import Calls, read_calls
from ..calls.spec import BATCH_CALLS
from ..calls.times import EPOCH, MICROSECOND
from ..errors import InvalidFile
from ..events.limits import MAX_LINE_BYTES
from ..lake.objects import Bucket
from ..store.stores import Stores
from .importing import ImportRequest
from .landing import FOLDER, zipped
from .receiving import set_aside

MOST_ROWS = 100_000
"""Of one file below `calls/`: some 20 MB before it is packed."""
MAGIC = b"\x1f\x8b"
"""How gzip begins (RFC 1952)."""


@dataclass
class _Taken:
    """What has come so far, and what is not written yet."""

    name: str
    objects: Bucket
    read: int = 0
    accepted: int = 0
    refused: int = 0
    example: str | None = None
    files: int = 0
    rows: list[bytes] = field(default_factory=list)
    aside: list[bytes] = field(default_factory=list)

    def add(self, calls: Calls, now: datetime) -> None:
        self.accepted += calls.accepted
        self.refused += len(calls.refused)
        if calls.refused and self.example is None:
            self.example = f"{calls.refused[0].field}: {calls.refused[0].message}"
        self.rows += [line + b"\n" for line in calls.lines]
        self.aside += [line + b"\n" for line in set_aside(calls, now)]
        if len(self.rows) + len(self.aside) >= MOST_ROWS:
            self.write()

    def write(self) -> None:
        """The same file gives the same keys within an hour; later ones hold known calls."""
        name = f"{self.name}-{self.files:04d}.jsonl.gz"
        if self.rows:
            self.objects.put(f"{FOLDER}{name}", zipped(self.rows))
        if self.aside:
            self.objects.put(f"rejected/{FOLDER}{name}", zipped(self.aside))
        self.files += bool(self.rows or self.aside)
        self.rows, self.aside = [], []


def take_calls(
    stores: Stores, request: ImportRequest, now: datetime, folder: Path
) -> dict[str, Any]:
    """Land the calls of a file (JSON lines, plain or gzip); the next roll-up puts them into the
    lake. `now` is a UTC instant, `folder` has room for the file.

    Returns {"kind": "calls", "rows_read", "accepted", "set_aside"}. A call that cannot be used
    costs none of the others and lies under `rejected/calls/`. Raises NotFound, InvalidFile for what
    is no text in lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        where = stores.objects if request.bucket is None else Bucket(request.bucket)
        file = where.download(request.key, Path(scratch) / request.file_name)
        with file.open("rb") as whole:
            digest = hashlib.file_digest(whole, "sha256").hexdigest()
        taken = _Taken(f"{now:%Y-%m-%d/%H}/{digest[:24]}", stores.objects)
        batch: list[Any] = []
        for line in _lines(file, request.key):
            taken.read += 1
            batch.append(_call(line))
            if len(batch) == BATCH_CALLS:
                taken.add(_read(batch, now), now)
                batch = []
        taken.add(_read(batch, now), now)
        taken.write()
    aside = {
        "refused": {
            "count": taken.refused,
            "meaning": "a call that cannot be used",
            "example": taken.example,
        }
    }
    return {
        "kind": "calls",
        "rows_read": taken.read,
        "accepted": taken.accepted,
        "set_aside": aside if taken.refused else {},
    }


def _read(batch: list[Any], now: datetime) -> Calls:
    return read_calls({"batch": batch}, None, (now - EPOCH) // MICROSECOND)


def _call(line: bytes) -> Any:
    """A call without what would put its time right once more; a line that is no JSON as text."""
    try:
        call = json.loads(line)
    except (ValueError, RecursionError):
        return line.decode("utf-8", "replace")
    if isinstance(call, dict):
        call.pop("sentAt", None)
        call.setdefault("timestamp", call.get("receivedAt"))
    return call


def _lines(file: Path, key: str) -> Iterator[bytes]:
    with file.open("rb") as start:
        zipped_file = start.read(len(MAGIC)) == MAGIC
    try:
        with gzip.open(file) if zipped_file else file.open("rb") as lines:
            while line := lines.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    raise InvalidFile(
                        f"{Path(key).name} has a line of more than {MAX_LINE_BYTES:,} bytes: a "
                        "file of calls has one call in each line."
                    )
                if line.strip():
                    yield line
    except (OSError, EOFError, zlib.error):
        raise InvalidFile(
            f"{Path(key).name} cannot be unpacked: it is damaged, or still being written."
        ) from None
