"""A generated account as files in a folder: what the services read and write, without an AWS.

Keys of the bucket are paths in the folder, so that a file which is "fetched" is simply there: what
is measured is the work, with every file in the machine's page cache.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from intent_segments.errors import NotFound
from intent_segments.events.importer import import_file
from intent_segments.events.synthetic import write_world
from intent_segments.lake.manifest import Manifest, write_manifest
from intent_segments.settings import Settings
from intent_segments.store.erasures import ErasureStore
from intent_segments.store.objects import Objects
from intent_segments.store.stores import Stores
from intent_segments.store.table import Table

DAYS = 365
FIRST_DAY = date(2025, 1, 1)
SEED = 1
USERS_PER_GROUP = 125_000
"""8 groups for a million users, as docs/architecture.md has it."""

KINDS = """CASE
    WHEN event = 'Search Performed' AND properties ->> '$.results' = '0' THEN 'Nothing Found'
    WHEN event = 'Concert Viewed' AND properties ->> '$.price' = '120.0' THEN 'Front Row Viewed'
    WHEN event IN ('Search Performed', 'Video Watched', 'Concert Viewed')
    THEN event || ': ' || coalesce(properties ->> '$.genre', properties ->> '$.query')
    ELSE event END"""
"""The world has 6 kinds of event. Told apart by genre they are 20, as many as an app has, which is
more than a model has columns for (`features.MAX_EVENTS`)."""


@dataclass(frozen=True)
class FolderBucket(Objects):
    """A bucket whose keys are paths below `root`."""

    root: Path = Path()

    def put(self, key: str, body: bytes) -> None:
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def get(self, key: str) -> bytes:
        try:
            return (self.root / key).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no {key} in {self.root}.") from None

    def written(self, prefix: str) -> dict[str, datetime]:
        folder = self.root / prefix.rpartition("/")[0]
        return {
            key: datetime.fromtimestamp(path.stat().st_mtime, UTC)
            for path in folder.rglob("*")
            if path.is_file() and (key := str(path.relative_to(self.root))).startswith(prefix)
        }

    def upload(self, files: dict[str, Path]) -> None:
        for key, path in files.items():
            (self.root / key).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, self.root / key)

    def fetch(self, keys: Iterable[str], folder: Path) -> list[Path]:
        return [self.root / key for key in keys]

    def download(self, key: str, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self.root / key, path)
        except FileNotFoundError:
            raise NotFound(f"There is no {key} in {self.root}.") from None
        return path


@dataclass(frozen=True)
class Account:
    """`events` is how many there are; `manifest_key` the state of the lake they make up."""

    stores: Stores
    manifest_key: str
    users: int
    events: int
    groups: int


def generate(folder: Path, users: int) -> Account:
    """Write a world of `users` users and DAYS days and import it into a lake, both in `folder`."""
    world = write_world(folder / "world", users=users, days=DAYS, seed=SEED, first_day=FIRST_DAY)
    events = folder / "world" / "kinds.parquet"
    con = duckdb.connect()
    con.execute(
        f"COPY (SELECT * REPLACE ({KINDS} AS event) FROM read_parquet('{world.events}'))"
        f" TO '{events}' (FORMAT parquet)"
    )
    con.close()
    opened = open_account(folder)
    objects = opened.objects
    groups = max(1, -(-users // USERS_PER_GROUP))
    manifest = Manifest(0, groups, "UTC")
    for path, kind in ((events, "events"), (world.profiles, "profiles")):
        manifest, _ = import_file(path, kind, manifest, objects, folder / "scratch")
    key = write_manifest(objects, manifest)
    return Account(opened, key, manifest.users, manifest.events, groups)


@dataclass(frozen=True)
class EmptyTable(Table):
    """A table in which nothing was ever kept: nobody is erased."""

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        return None


def open_account(folder: Path) -> Stores:
    """Stores whose bucket is `folder`, and whose table is empty."""
    named = Settings("bench", "lake", "bench", 1, "UTC")
    return on_disk(replace(Stores.of(named), table=EmptyTable("bench")), folder / "bucket")


def on_disk(stores: Stores, folder: Path) -> Stores:
    """The same stores, whose objects are files of a folder."""
    objects = FolderBucket(stores.objects.name, folder)
    return replace(stores, objects=objects, erasures=ErasureStore(stores.table, objects))
