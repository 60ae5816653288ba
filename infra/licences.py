"""The licences of everything that is locked, against those that this project takes.

    licences.py [FILE]

Looks at every package of uv.lock that is installed beside this Python, with its licence as its own
metadata say it; fails for one that is not in ACCEPTED. FILE gets the list of those that functions
carry; docs/licences.md is it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ACCEPTED = (
    "Apache",
    "BSD",
    "MIT",
    "ISC",
    "PSF",
    "Python Software Foundation",
    "MPL",
    "Mozilla",
    "0BSD",
    "Zlib",
    "ZPL",
    "CC0",
    "Unlicense",
    "CNRI-Python",
)
"""What may stand in a licence's name: permissive ones, and MPL-2.0, whose reciprocity ends with its
own files."""


INTRODUCTION = """The package itself is under the [Apache License 2.0](../LICENSE); these come with
it in the layers. `make licences` writes this page and checks all else that is locked."""


@dataclass(frozen=True)
class Package:
    """`carried` are the layers that bring it into a function."""

    name: str
    version: str
    licence: str
    carried: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Of `MIT OR GPL-3.0` the first may be chosen; of `MIT AND GPL-3.0` it may not."""
        choices = re.split(r"\s+OR\s+", self.licence)
        return any(all(map(_accepted, re.split(r"\s+AND\s+", choice))) for choice in choices)


def _accepted(name: str) -> bool:
    return any(re.search(rf"\b{known}\b", name) for known in ACCEPTED)


def packages() -> list[Package]:
    """Everything in uv.lock that is installed here, by name."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    layers = carried()
    found = {}
    for entry in locked:
        if "registry" not in entry["source"]:
            continue
        try:
            version = distribution(entry["name"]).version
        except PackageNotFoundError:
            continue  # for another system or another Python
        name = entry["name"]
        found[name] = Package(name, version, licence_of(name), tuple(layers.get(name, ())))
    return sorted(found.values(), key=lambda package: package.name)


def licence_of(name: str) -> str:
    """As SPDX where the package says so, otherwise in its own words."""
    about = distribution(name).metadata
    told = about.get("License-Expression")
    if told:
        return told
    classified = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    names = [entry.rpartition(" :: ")[2] for entry in classified]
    if names:
        return " AND ".join(sorted(set(names)))
    return (about.get("License") or "unknown").strip().splitlines()[0][:60]


def carried() -> dict[str, list[str]]:
    """Package -> the layers whose requirements name it."""
    found: dict[str, list[str]] = {}
    for file in sorted(ROOT.glob("layers/*/requirements.txt")):
        for name in re.findall(r"^([A-Za-z0-9_.-]+)==", file.read_text(), re.MULTILINE):
            found.setdefault(name, []).append(file.parent.name)
    return found


def page(listed: list[Package]) -> str:
    """The packages that functions carry, as a page."""
    rows = [f"| {p.name} | {p.version} | {p.licence} | {', '.join(p.carried)} |" for p in listed]
    head = ["| package | version | licence | layer |", "| --- | --- | --- | --- |"]
    return "\n".join(["# Licences of what functions carry", "", INTRODUCTION, "", *head, *rows, ""])


def main(files: list[str]) -> int:
    listed = packages()
    for file in files:
        Path(file).write_text(page([p for p in listed if p.carried]), "utf-8")
    refused = [package for package in listed if not package.is_accepted]
    for package in refused:
        print(f"{package.name} {package.version}: {package.licence}; see infra/licences.py")
    inside = sum(bool(package.carried) for package in listed)
    print(f"{len(listed)} packages, {inside} of them in layers; {len(refused)} not accepted")
    return int(bool(refused))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
