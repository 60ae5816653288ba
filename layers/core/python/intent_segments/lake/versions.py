"""Every version of an object: the current one, those that were overwritten or deleted, and the
markers of deletions. To delete an object of a versioned bucket only hides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .objects import PARALLEL, Bucket


@dataclass(frozen=True)
class Version:
    """One version of a key; `latest` is what everybody reads, and nothing where it is a `marker`
    of a deletion."""

    key: str
    id: str
    latest: bool
    marker: bool = False


def versions(bucket: Bucket, prefix: str) -> list[Version]:
    """All versions and markers of all keys that start with `prefix`, keys ascending, newest
    first."""
    found = [version for page in _pages(bucket, prefix, {}) for version in _of_page(page)]
    return sorted(found, key=lambda version: (version.key, not version.latest))


def folders(bucket: Bucket, prefix: str) -> tuple[list[str], list[Version]]:
    """The folders right below `prefix` (ending in a slash), also those where everything is deleted,
    and the versions of the keys right below it."""
    below: list[str] = []
    loose: list[Version] = []
    for page in _pages(bucket, prefix, {"Delimiter": "/"}):
        below += [entry["Prefix"] for entry in page.get("CommonPrefixes", ())]
        loose += _of_page(page)
    return sorted(set(below)), loose


def download(bucket: Bucket, version: Version, path: Path) -> Path:
    """Copy one version to `path`."""
    extra = None if version.id == "null" else {"VersionId": version.id}
    bucket.client.download_file(bucket.name, version.key, str(path), ExtraArgs=extra)
    return path


def read(bucket: Bucket, version: Version) -> bytes:
    """The bytes of one version."""
    given = {} if version.id == "null" else {"VersionId": version.id}
    answer = bucket.client.get_object(Bucket=bucket.name, Key=version.key, **given)
    return bytes(answer["Body"].read())


def remove(bucket: Bucket, gone: Iterable[Version]) -> int:
    """Delete versions for good; how many. One that is gone already is no error."""
    wanted = list(gone)

    def delete(version: Version) -> None:
        bucket.client.delete_object(Bucket=bucket.name, Key=version.key, VersionId=version.id)

    # One by one: for several at once MiniStack asks for the right to delete objects besides.
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(delete, wanted))
    return len(wanted)


def _pages(bucket: Bucket, prefix: str, more: dict[str, str]) -> Iterator[dict[str, Any]]:
    pages = bucket.client.get_paginator("list_object_versions").paginate(
        Bucket=bucket.name, Prefix=prefix, **more
    )
    yield from pages


def _of_page(page: dict[str, Any]) -> list[Version]:
    held = [Version(v["Key"], v["VersionId"], v["IsLatest"]) for v in page.get("Versions", ())]
    marked = page.get("DeleteMarkers", ())
    return held + [Version(m["Key"], m["VersionId"], m["IsLatest"], True) for m in marked]
