"""Loads one landed file: fetch, import, commit; repeats on the newest state when another won."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import Conflict, InvalidInput, NotFound, Raced
from ..events.files import REQUIRED, Kind
from ..events.importer import Options, import_file
from ..events.known_mappings import KNOWN
from ..events.mapping import FieldMapping
from ..events.partitions import partitions_of
from ..events.report import ImportReport
from ..lake.calendar import from_day, parse_date
from ..lake.erased import Erased
from ..lake.manifest import Manifest, read_manifest, write_manifest
from ..lake.objects import Bucket
from ..store.erasures import ErasureStore
from ..store.lake_head import LakeHead

ATTEMPTS = 8
"""Each loss means that another import won, so eight losses in a row mean a queue, not bad luck."""


MAX_KEY_BYTES = 1_024
"""Of an S3 key (S3 User Guide, "Creating object key names")."""

BUCKET_NAME = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""S3 User Guide, "Bucket naming rules"."""

MAX_NAME_BYTES = 128
"""Half of what file systems take, as names of files that are made from it are longer."""


@dataclass(frozen=True)
class ImportRequest:
    """A landed file and how to read it; `key` is its S3 key under landing/, or any key of another
    `bucket`, where the file is read in place.

    With `closes_until` the day `until` is closed by the import though nothing happened on it;
    without, `until` is only the last day that may be loaded, and the last one with events closes.
    `not_after` is the last day that may be closed at all: days after it are not over yet. A file
    that was `dropped` into the bucket closes days that are over, and nobody says which those are.
    """

    key: str
    kind: Kind
    options: Options
    closes_until: bool = True
    not_after: date | None = None
    dropped: bool = False
    bucket: str | None = None

    @property
    def rejected_key(self) -> str:
        """Where rows that are set aside go: beside the landed file, in a folder of its own; under a
        hash of its name where that would be too long."""
        name = self.key.removeprefix("landing/")
        if self.bucket is not None:
            name = f"{self.bucket}/{self.key}"
        key = f"rejected/{name}.jsonl.gz"
        if len(key.encode()) <= MAX_KEY_BYTES:
            return key
        return f"rejected/{hashlib.sha256(name.encode()).hexdigest()}.jsonl.gz"

    def source(self, ours: Bucket) -> Bucket:
        """Where the file lies."""
        return ours if self.bucket is None else Bucket(self.bucket, of_others=True)

    @property
    def file_name(self) -> str:
        """What the landed file is called on disk: the end of its name, as long as a name may be
        there with something behind it."""
        return Path(self.key).name.encode()[-MAX_NAME_BYTES:].decode(errors="ignore")

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> ImportRequest:
        """From {"key", "kind": "events"|"profiles"|"calls", "since", "until", "valid_from",
        "closes_until", "mapping", "dropped", "bucket"}; dates are ISO or null, a mapping is the
        name of a known one or an object (events/mapping.py), which a dropped file has in its path:
        `landing/events/mapping=ga4/…`. Other folders such as `dt=2026-10-31` are columns of Parquet
        files (events/partitions.py); without a mapping those under landing/ only where they are
        called user_id, event or ts. Raises InvalidInput.
        """
        key, kind, bucket = event.get("key"), event.get("kind"), event.get("bucket")
        if bucket is not None and not (isinstance(bucket, str) and BUCKET_NAME.fullmatch(bucket)):
            raise InvalidInput.at("bucket", f"bucket must be the name of a bucket, not {bucket!r}")
        if not isinstance(key, str) or not key or not (bucket or key.startswith("landing/")):
            raise InvalidInput.at("key", f"key must name an object under landing/, not {key!r}")
        if kind not in ("events", "profiles", "calls"):
            raise InvalidInput.at("kind", f"kind must be events, profiles or calls, not {kind!r}")
        dates = {
            name: parse_date(str(event[name]), name) if event.get(name) else None
            for name in ("since", "until", "valid_from")
        }
        since, until = dates["since"], dates["until"]
        if since and until and since > until:
            raise InvalidInput.at("until", f"until ({until}) must not be before since ({since})")
        dropped = event.get("dropped") is True
        in_path = re.search(r"/mapping=([^/]+)/", key) if dropped else None
        mapping = _mapping(in_path[1] if in_path else event.get("mapping"))
        if mapping is not None and kind != "events":
            raise InvalidInput.at("mapping", "mapping is for files of events: leave it out")
        partitions = partitions_of(key)
        if bucket is None and mapping is None:
            # As properties they would make other events of files that landed in folders before.
            partitions = tuple(p for p in partitions if p[0] in REQUIRED[kind])
        options = Options(**dates, mapping=mapping, partitions=partitions)
        closes = bool(event.get("closes_until", True))
        return cls(key, kind, options, closes, dropped=dropped, bucket=bucket)


def _mapping(given: Any) -> FieldMapping | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given not in KNOWN:
            raise InvalidInput.at(
                "mapping", f"mapping {given!r} is not known; there are {', '.join(sorted(KNOWN))}"
            )
        return KNOWN[given]
    if not isinstance(given, Mapping):
        raise InvalidInput.at("mapping", "mapping must be an object or the name of a known one")
    return FieldMapping.parse(given)


def import_landed(
    request: ImportRequest,
    head: LakeHead,
    objects: Bucket,
    groups: int,
    timezone: str,
    folder: Path,
) -> dict[str, Any]:
    """Import a landed file and commit; returns the import report as JSON, with the watermark.

    `groups` and `timezone` shape the lake at its first import. The watermark is offered `until`, or
    else the last day in the file; `LakeHead.commit` decides whether it moves. `folder` is a cache.
    Raises InvalidFile, NotFound, Conflict when the account's time zone is not the lake's, and
    Raced when other imports won ATTEMPTS times.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        landed = request.source(objects).download(request.key, Path(scratch) / request.file_name)
        return import_local(landed, request, head, objects, groups, timezone, folder)


def import_local(
    file: Path,
    request: ImportRequest,
    head: LakeHead,
    objects: Bucket,
    groups: int,
    timezone: str,
    folder: Path,
) -> dict[str, Any]:
    """The same for a file that is here; `request.key` names it."""
    for attempt in range(ATTEMPTS):
        began = head.read().version
        try:
            return _import_once(request, file, head, objects, groups, timezone, folder)
        except Raced:
            if attempt == ATTEMPTS - 1:
                raise
        except NotFound:
            # An erasure that committed meanwhile has removed files that it wrote anew.
            if attempt == ATTEMPTS - 1 or head.read().version == began:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _import_once(
    request: ImportRequest,
    landed: Path,
    head: LakeHead,
    objects: Bucket,
    groups: int,
    timezone: str,
    folder: Path,
) -> dict[str, Any]:
    state = head.read()
    if state.manifest_key is None:
        base = Manifest(0, groups, timezone)
    else:
        base = read_manifest(objects, state.manifest_key)
    if base.timezone != timezone:
        raise Conflict(
            f"The lake counts days in {base.timezone}, the account in {timezone}. Days are fixed "
            f"when data are loaded: deploy with {base.timezone} again, or load into a new stack."
        )
    base = replace(base, version=state.version)
    erased = _erased(ErasureStore(head.table, objects), objects, folder)
    after, report = import_file(
        landed, request.kind, base, objects, folder, request.options, request.rejected_key, erased
    )
    watermark = _watermark(request, report)
    moves = watermark is not None and (state.watermark is None or watermark > state.watermark)
    if after is not base or moves:
        # The version counts commits, also one that moves nothing but the watermark.
        after = replace(after, version=state.version + 1)
        state = head.commit(state.version, write_manifest(objects, after), watermark)
    return {
        **report.to_json(),
        "version": state.version,
        "watermark": None if state.watermark is None else state.watermark.isoformat(),
    }


def _erased(erasures: ErasureStore, objects: Bucket, folder: Path) -> Erased:
    """Whose rows are not taken in, as of now. The list is read after the state that is loaded onto,
    so an erasure that has been carried out by that state is on it."""
    listed = erasures.current()
    done = None
    if listed.done_key is not None:
        [done] = objects.fetch([listed.done_key], folder)
    return Erased(listed.version, listed.hashes, done, listed.salt)


def _watermark(request: ImportRequest, report: ImportReport) -> date | None:
    if request.kind != "events" or report.last_day is None:
        return None
    last = from_day(report.last_day)
    closed = (request.options.until or last) if request.closes_until else last
    return closed if request.not_after is None else min(closed, request.not_after)
