"""Where the template and the sources lie that the local stack deploys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
"""The repository: this package is installed in editable form."""


@dataclass(frozen=True)
class Project:
    """A folder with template.yaml, functions/, layers/core/ and infra/."""

    root: Path = CHECKOUT

    @property
    def template(self) -> Path:
        return self.root / "template.yaml"

    def folder(self, uri: str) -> Path:
        """The folder of a CodeUri or ContentUri of the template."""
        return self.root / uri

    def sources(self) -> Iterator[Path]:
        """Every file that decides what is deployed, in a fixed order."""
        yield self.template
        yield from sorted((self.root / "infra").glob("*.asl.yaml"))
        for folder in ("functions", "layers/core"):
            yield from deployed_files(self.root / folder)

    def fingerprint(self) -> str:
        """SHA-256 over names and contents of `sources`."""
        digest = hashlib.sha256()
        for path in self.sources():
            digest.update(str(path.relative_to(self.root)).encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
        return digest.hexdigest()


def deployed_files(folder: Path) -> Iterator[Path]:
    """Everything of a source folder that goes into its function or layer, in a fixed order: code,
    and the documents beside it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
