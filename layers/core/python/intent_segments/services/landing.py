"""Messages of the queue become files under `calls/`, from where the next roll-up takes them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..calls.packing import LEVEL, unpack
from ..errors import CorruptObject
from ..store.stores import Stores

FOLDER = "calls/"
"""What has landed and is not in the lake yet. Nothing expires here: it waits for a roll-up."""

REFUSED = b'{"row": "refused"'
"""How a line begins that is set aside; `receiving.py` writes it with `json.dumps`."""


def land(stores: Stores, records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Write the messages of one SQS event; returns {"batchItemFailures": [{"itemIdentifier"}]}.

    One file for all of them, and one under `rejected/` for calls that were refused. Keys follow
    from the messages, so the same ones delivered again write the same files; delivered in other
    company their calls are in two files, of which the lake takes each call once (docs/events.md).
    A message that cannot be read is left to the queue, which puts it aside after some tries.
    """
    rows: list[bytes] = []
    refused: list[bytes] = []
    taken: list[tuple[int, str]] = []
    failures = []
    for record in records:
        try:
            lines = unpack(record["body"]).splitlines(keepends=True)
        except CorruptObject:
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        taken.append((int(record["attributes"]["SentTimestamp"]), record["messageId"]))
        rows += [line for line in lines if not line.startswith(REFUSED)]
        refused += [line for line in lines if line.startswith(REFUSED)]
    if taken:
        name = _name(taken)
        if rows:
            stores.objects.put(f"{FOLDER}{name}", zipped(rows))
        if refused:
            stores.objects.put(f"rejected/{FOLDER}{name}", zipped(refused))
    return {"batchItemFailures": failures}


def _name(taken: list[tuple[int, str]]) -> str:
    """`2026-11-28/08/<hash>.jsonl.gz`, by the instant (UTC) at which the first message was sent."""
    at = datetime.fromtimestamp(min(taken)[0] / 1000, UTC)
    digest = hashlib.sha256("\n".join(sorted(message for _, message in taken)).encode()).hexdigest()
    return f"{at:%Y-%m-%d/%H}/{digest[:24]}.jsonl.gz"


def zipped(lines: list[bytes]) -> bytes:
    """Lines with their ends as one file; the same lines are the same bytes."""
    return gzip.compress(b"".join(lines), LEVEL, mtime=0)
