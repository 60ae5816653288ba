"""The folder that holds everything the local stack keeps: `.intent`, git-ignored.

| path            | what                                                               |
| --------------- | ------------------------------------------------------------------ |
| `state/`        | DynamoDB, Step Functions, Lambda and the rest, as last saved        |
| `objects/`      | the objects of S3, written at once                                  |
| `tmp/`          | unpacked functions; emptied at every start                          |
| `log.txt`       | what MiniStack and the functions said since the last start          |
| `server.json`   | process ids and ports while a stack is up                           |
| `unsaved`       | there while a sudden end would lose something; its time: last save  |
| `deployed.json` | fingerprint, outputs and parameters of the last deployment          |
| `issuer.json`   | the signing key of the issuer, for its owner alone to read          |
| `starting`      | locked by the command that is starting a stack                      |
| `lock`          | locked, shared, by every command that uses the stack                |
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .project import CHECKOUT


@dataclass(frozen=True)
class Home:
    root: Path

    @classmethod
    def default(cls) -> Home:
        """INTENT_HOME, or `.intent` in the checkout."""
        named = os.environ.get("INTENT_HOME")
        return cls(Path(named).expanduser().resolve() if named else CHECKOUT / ".intent")

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def server(self) -> Path:
        return self.root / "server.json"

    @property
    def unsaved(self) -> Path:
        return self.root / "unsaved"

    @property
    def deployed(self) -> Path:
        return self.root / "deployed.json"

    @property
    def issuer_key(self) -> Path:
        return self.root / "issuer.json"

    @property
    def starting(self) -> Path:
        return self.root / "starting"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    def prepare(self) -> None:
        """Make the folders and empty `tmp`; nothing of it outlives a server."""
        self.remove_tmp()
        for folder in (self.root, self.state, self.objects, self.tmp):
            folder.mkdir(parents=True, exist_ok=True)

    def remove_tmp(self) -> None:
        shutil.rmtree(self.tmp, ignore_errors=True)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} when there is none."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Replace a JSON file in one step, so that no reader sees half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps(value, indent=1) + "\n")
    draft.replace(path)
