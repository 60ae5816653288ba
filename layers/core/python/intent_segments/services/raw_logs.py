"""Files of calls, one in each line: the raw logs that Segment keeps in S3. They go the way of the
tracking API, beginning where its calls have landed.

Source: https://segment.com/docs/connections/storage/catalog/amazon-s3/ ("Data format"). What stands
there as `timestamp` has been put right by Segment's clock already.

The function has 3,008 MB. Some BATCH_TEXT of lines are parsed at once, and HELD_BYTES of rows wait
to be written; a line may exceed the first, a batch the second.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..calls.request import Calls, Refused, read_calls, read_document
from ..calls.spec import BATCH_CALLS, CALL_BYTES, Json
from ..calls.times import EPOCH, MICROSECOND, happened, micros
from ..errors import InvalidFile, InvalidInput
from ..events.limits import MAX_LINE_BYTES
from ..lake.objects import Bucket
from ..store.stores import Stores
from .importing import ImportRequest
from .landing import FOLDER, zipped
from .receiving import set_aside

MOST_ROWS = 100_000
"""Of one file below `calls/`: some 20 MB before it is packed."""
HELD_BYTES = 32 << 20
"""Of rows, and of what is set aside: a file is written earlier where rows are long."""
BATCH_TEXT = 8 << 20
"""Bytes of lines that are parsed at once: as objects they may take twenty times as much."""
LINE_BYTES = 4 * CALL_BYTES
"""Of a line: a call of CALL_BYTES, blanks, and what Segment adds. Longer ones are set aside as they
are, up to MAX_LINE_BYTES; a file with longer ones still is no log."""
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
    held: int = 0

    def add(self, calls: Calls, now: datetime) -> None:
        self.accepted += calls.accepted
        self.refused += len(calls.refused)
        if calls.refused and self.example is None:
            self.example = f"{calls.refused[0].field}: {calls.refused[0].message}"
        rows = [line + b"\n" for line in calls.lines]
        aside = [line + b"\n" for line in set_aside(calls, now)]
        self.rows += rows
        self.aside += aside
        self.held += sum(map(len, rows)) + sum(map(len, aside))
        if len(self.rows) + len(self.aside) >= MOST_ROWS or self.held >= HELD_BYTES:
            self.write()

    def write(self) -> None:
        """The same file gives the same keys within an hour; later ones hold known calls."""
        name = f"{self.name}-{self.files:04d}.jsonl.gz"
        if self.rows:
            self.objects.put(f"{FOLDER}{name}", zipped(self.rows))
        if self.aside:
            self.objects.put(f"rejected/{FOLDER}{name}", zipped(self.aside))
        self.files += bool(self.rows or self.aside)
        self.rows, self.aside, self.held = [], [], 0


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
        source = request.source(stores.objects)
        file = source.download(request.key, Path(scratch) / request.file_name)
        with file.open("rb") as whole:
            digest = hashlib.file_digest(whole, "sha256").hexdigest()
        taken = _Taken(f"{now:%Y-%m-%d/%H}/{digest[:24]}", stores.objects)
        for batch in _batches(_lines(file, request.key)):
            taken.read += len(batch)
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


def _batches(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == BATCH_CALLS or size >= BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(batch: list[bytes], now: datetime) -> Calls:
    """The calls of some lines; a line that is none is refused as text."""
    calls: list[Json] = []
    refused: list[Refused] = []
    for place, line in enumerate(batch):
        try:
            calls.append(_call(line))
        except InvalidInput as wrong:
            text = line.decode("utf-8", "replace")
            refused.append(Refused(place, "line", wrong.message, text))
    found = read_calls({"batch": calls}, None, (now - EPOCH) // MICROSECOND)
    return replace(found, refused=[*refused, *found.refused])


def _call(line: bytes) -> Json:
    """A call with its time put right. Raises InvalidInput."""
    if len(line) > LINE_BYTES:
        raise InvalidInput.at(
            "line", f"the line has {len(line):,} bytes, the limit is {LINE_BYTES:,}: send less"
        )
    call = read_document(line, "line")
    sent = call.pop("sentAt", None)
    if call.get("timestamp") is None:
        call["timestamp"] = _time(call.get("originalTimestamp"), sent, call.get("receivedAt"))
    return call


def _time(original: object, sent: object, received: object) -> object:
    """What Segment would have written as `timestamp`: the client's time by the server's clock, the
    server's own where the client said none."""
    if original is None:
        return received
    said, arrived = micros(original), micros(received)
    if said is None or arrived is None:
        return original
    try:
        return (EPOCH + happened(said, micros(sent), arrived) * MICROSECOND).isoformat()
    except OverflowError:
        return original


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
