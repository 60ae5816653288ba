"""What an erasure run has to do, and what it has found: documents in S3 that say nothing of a user
but the position in the run's list.

The plan of a version of the list is written once; a run that is started again goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..lake.layout import group_of
from ..lake.manifest import TABLES
from ..store.erasures import Hidden
from ..store.stores import Stores

PREFIX = "erasure-"
"""Of run ids; the version of the list of erased users follows."""
LANDED = ("landing/", "rejected/", "calls/")
"""Folders whose files hold users of all groups, in the rows that they came in."""
OWN = (
    *(f"{table}/" for table in TABLES),
    *LANDED,
    *("manifests/", "catalogue/", "models/", "runs/", "erasures/"),
)
"""Folders that are worked on in ways of their own, or name no user. In all others there is one file
for each group of users, at any depth."""


@dataclass(frozen=True)
class ErasurePlan:
    """All users whose erasure is pending in the list at `version`, except for those added later.
    `pending_key` is that list; `erasures` are the ids of their requests, in its order: a user is
    known by the position in there."""

    version: int
    pending_key: str
    manifest_key: str | None
    groups: int
    erasures: tuple[str, ...]

    @property
    def run_id(self) -> str:
        return f"{PREFIX}{self.version:08d}"

    @property
    def prefix(self) -> str:
        return f"runs/{self.run_id}/"

    @property
    def plan_key(self) -> str:
        return f"{self.prefix}plan.json"

    @property
    def shards_key(self) -> str:
        return f"{self.prefix}shards.json"

    @property
    def found_prefix(self) -> str:
        """Folder of what the jobs have found. It goes at the end."""
        return f"{self.prefix}found/"

    def found_key(self, job: str) -> str:
        return f"{self.found_prefix}{job}.json"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ErasurePlan:
        return cls(**{**document, "erasures": tuple(document["erasures"])})

    def hashes(self, pending: Iterable[Hidden]) -> dict[int, int]:
        """User hash -> position, of the users of the run."""
        position = {erasure_id: at for at, erasure_id in enumerate(self.erasures)}
        return {h.uh: position[h.erasure_id] for h in pending if h.erasure_id in position}

    def of_group(self, hashes: Mapping[int, int], group: int) -> dict[int, int]:
        """Those of a group of users."""
        return {uh: at for uh, at in hashes.items() if group_of(uh, self.groups) == group}


@dataclass
class Found:
    """What one job has found. `files` has, by key, those in which users of the run are; `seen` all
    keys of the lake that were looked into."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        return {"files": self.files, "seen": sorted(self.seen)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Found:
        return cls(dict(document["files"]), set(document["seen"]))

    def add(self, other: Found) -> None:
        """Take over what another job has found."""
        self.files |= other.files
        self.seen |= other.seen

    def rows(self, key: str) -> dict[int, int]:
        """Position -> rows in the present version of a file."""
        return _positions(self.files.get(key, {}).get("rows", {}))

    def counts(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """(key, entry) of every file."""
        yield from sorted(self.files.items())


def read_found(stores: Stores, key: str) -> Found:
    """What a job wrote down, nothing where it has not yet."""
    if key not in stores.objects.keys(key):
        return Found()
    return Found.from_json(stores.objects.get_json(key))


def _positions(document: Mapping[str, int]) -> dict[int, int]:
    return {int(position): n for position, n in document.items()}
