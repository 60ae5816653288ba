"""What an answer cost: how many bytes of the lake were read for it, and how many of them came from
S3 just now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .objects import Objects


@dataclass
class Meter:
    """`files` holds the size of every file opened, by key; `fetched` those that had to be copied
    from S3, the others were still there from an earlier request."""

    files: dict[str, int] = field(default_factory=dict)
    fetched: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, int]:
        """As answers show it."""
        return {
            "files": len(self.files),
            "scanned_bytes": sum(self.files.values()),
            "fetched_bytes": sum(self.fetched.values()),
        }


@dataclass(frozen=True)
class MeteredObjects(Objects):
    """The bucket of `inner`, with every immutable file that is asked for written down."""

    inner: Objects
    meter: Meter = field(default_factory=Meter)

    @classmethod
    def over(cls, inner: Objects) -> MeteredObjects:
        return cls(inner.name, inner)

    @cached_property
    def client(self) -> Any:
        return self.inner.client

    def fetch(self, keys: Iterable[str], folder: Path) -> list[Path]:
        wanted = list(keys)
        paths = super().fetch(wanted, folder)
        for key, path in zip(wanted, paths, strict=True):
            self.meter.files[key] = path.stat().st_size
        return paths

    def _download(self, key: str, path: Path) -> None:
        super()._download(key, path)
        self.meter.fetched[key] = path.stat().st_size
