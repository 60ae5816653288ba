"""Loads one landed file: fetch, import, commit; repeats on the newest state when another won."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import Conflict, InvalidInput, Raced
from ..events.files import Kind
from ..events.importer import Options, import_file
from ..events.report import ImportReport
from ..lake.calendar import from_day, parse_date
from ..lake.manifest import Manifest, read_manifest, write_manifest
from ..lake.objects import Bucket
from ..store.lake_head import LakeHead

ATTEMPTS = 8
"""Each loss means that another import won, so eight losses in a row mean a queue, not bad luck."""


MAX_KEY_BYTES = 1_024
"""Of an S3 key (S3 User Guide, "Creating object key names")."""

MAX_NAME_BYTES = 128
"""Half of what file systems take, as names of files that are made from it are longer."""


@dataclass(frozen=True)
class ImportRequest:
    """A landed file and how to read it; `key` is its S3 key under landing/.

    With `closes_until` the day `until` is closed by the import though nothing happened on it;
    without, `until` is only the last day that may be loaded, and the last one with events closes.
    """

    key: str
    kind: Kind
    options: Options
    closes_until: bool = True

    @property
    def rejected_key(self) -> str:
        """Where rows that are set aside go: beside the landed file, in a folder of its own; under a
        hash of its name where that would be too long."""
        name = self.key.removeprefix("landing/")
        key = f"rejected/{name}.jsonl.gz"
        if len(key.encode()) <= MAX_KEY_BYTES:
            return key
        return f"rejected/{hashlib.sha256(name.encode()).hexdigest()}.jsonl.gz"

    @property
    def file_name(self) -> str:
        """What the landed file is called on disk: the end of its name, as long as a name may be
        there with something behind it."""
        return Path(self.key).name.encode()[-MAX_NAME_BYTES:].decode(errors="ignore")

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> ImportRequest:
        """From {"key", "kind": "events"|"profiles", "since", "until", "valid_from",
        "closes_until"}; dates are ISO or null. Raises InvalidInput.
        """
        key, kind = event.get("key"), event.get("kind")
        if not isinstance(key, str) or not key.startswith("landing/"):
            raise InvalidInput.at("key", f"key must name an object under landing/, not {key!r}")
        if kind not in ("events", "profiles"):
            raise InvalidInput.at("kind", f"kind must be events or profiles, not {kind!r}")
        dates = {
            name: parse_date(str(event[name]), name) if event.get(name) else None
            for name in ("since", "until", "valid_from")
        }
        since, until = dates["since"], dates["until"]
        if since and until and since > until:
            raise InvalidInput.at("until", f"until ({until}) must not be before since ({since})")
        return cls(key, kind, Options(**dates), bool(event.get("closes_until", True)))


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
        landed = objects.download(request.key, Path(scratch) / request.file_name)
        for attempt in range(ATTEMPTS):
            try:
                return _import_once(request, landed, head, objects, groups, timezone, folder)
            except Raced:
                if attempt == ATTEMPTS - 1:
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
    after, report = import_file(
        landed, request.kind, base, objects, folder, request.options, request.rejected_key
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


def _watermark(request: ImportRequest, report: ImportReport) -> date | None:
    if request.kind != "events" or report.last_day is None:
        return None
    last = from_day(report.last_day)
    return (request.options.until or last) if request.closes_until else last
