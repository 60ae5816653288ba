"""A CSV or JSON-lines file without some users, all other lines byte for byte as they were.

Ids are read as the import reads them. In a line that cannot be parsed an id is looked for as far as
it can be made out: as a value between separators or in quotes.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..lake.layout import user_hash
from .text_files import SET_ASIDE, Form

MOST_KNOWN = 1_000_000
"""Ids whose hash is remembered while a file is read."""
_SEPARATORS = re.compile(r"[,;|\t]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_BETWEEN = re.compile(r"[\s,;|:={}\[\]()<>\"']+")


@dataclass
class Kept:
    """`rows` that stay, the header not counted; `gone` are rows taken out, by user hash."""

    rows: int = 0
    gone: dict[int, int] = field(default_factory=dict)


def write_without(
    path: Path, form: Form, hashes: Collection[int], target: Path, escaped: bool = False
) -> Kept:
    """Write the lines of other users to `target`, gzipped where `path` ends in .gz. `escaped` says
    that ids may have been given a leading apostrophe (lake/spreadsheets.py).

    Raises OSError, EOFError or zlib.error for a file that is no whole gzip file.
    """
    kept = Kept()
    whose = _Whose(frozenset(hashes), escaped)
    with ExitStack() as stack:
        if path.name.endswith(".gz"):
            given = stack.enter_context(gzip.open(path, "rb"))
            # Without a time in its header, equal lines give equal bytes.
            raw = stack.enter_context(target.open("wb"))
            written = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
        else:
            given = stack.enter_context(path.open("rb"))  # type: ignore[assignment]
            written = stack.enter_context(target.open("wb"))  # type: ignore[assignment]
        lines = cast(BinaryIO, given)
        told = _json_lines(lines, whose) if form == "jsonl" else _csv_rows(lines, whose)
        for line, users, counts in told:
            if users:
                for uh in users:
                    kept.gone[uh] = kept.gone.get(uh, 0) + 1
            else:
                written.write(line)
                kept.rows += counts
    return kept


def has_ids(path: Path) -> bool:
    """Whether a file says whose rows it has: anything but a CSV file without the column user_id."""
    if ".csv" not in path.name:
        return True
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        return "user_id" in next(csv.reader(lines), ["user_id"])


def write_header(path: Path, target: Path) -> None:
    """Write a gzipped CSV file without its rows."""
    with gzip.open(path, "rb") as given, target.open("wb") as raw:
        raw.write(gzip.compress(given.readline(), mtime=0))


Told = Iterator[tuple[bytes, frozenset[int], bool]]
"""(a line, whose of the users it is, whether it is a row)."""


@dataclass
class _Whose:
    hashes: frozenset[int]
    escaped: bool
    known: dict[str, frozenset[int]] = field(default_factory=dict)

    def of_id(self, text: str) -> frozenset[int]:
        """The user of an id, if it is one of those."""
        found = self.known.get(text)
        if found is None:
            texts = [text, text[1:]] if self.escaped and text.startswith("'") else [text]
            found = frozenset(filter(self.hashes.__contains__, map(_hash, texts)))
            if len(self.known) < MOST_KNOWN:
                self.known[text] = found
        return found

    def in_text(self, text: str) -> frozenset[int]:
        """Those whose ids can be made out in a text."""
        candidates = {part.strip().strip("\"'") for part in _SEPARATORS.split(text)}
        candidates |= set(_QUOTED.findall(text)) | set(_BETWEEN.split(text))
        return frozenset(filter(self.hashes.__contains__, map(_hash, candidates)))


def _hash(text: str) -> int:
    return user_hash(text.encode(errors="replace").decode())


def _json_lines(lines: Iterable[bytes], whose: _Whose) -> Told:
    for line in lines:
        text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        yield line, _of_json(row, text, whose), bool(text.strip())


def _of_json(row: Any, text: str, whose: _Whose) -> frozenset[int]:
    if not isinstance(row, dict):
        return whose.in_text(text)
    if SET_ASIDE in row and "text" in row and "user_id" not in row:
        return whose.in_text(str(row["text"]))  # a broken line, as `mend` wrote it down
    if "user_id" not in row:
        return whose.in_text(text)  # of another tool, whose ids have another name
    user_id = row["user_id"]
    return whose.of_id(user_id if isinstance(user_id, str) else json.dumps(user_id))


def _csv_rows(lines: Iterable[bytes], whose: _Whose) -> Told:
    place: int | None = None
    header = True
    for raw, row in _records(lines):
        if header:
            header = False
            names = [name.removeprefix("\ufeff") for name in row or ()]
            place = names.index("user_id") if "user_id" in names else None
            if place is not None:
                yield raw, frozenset(), False
                continue
        if row is None or place is None or place >= len(row):
            yield raw, whose.in_text(raw.decode("utf-8", "surrogateescape")), bool(raw.strip())
        else:
            yield raw, whose.of_id(row[place]), True


def _records(lines: Iterable[bytes]) -> Iterator[tuple[bytes, list[str] | None]]:
    """Records of a CSV file: their bytes and values, None where they cannot be parsed."""
    held: list[bytes] = []

    def texts() -> Iterator[str]:
        for line in lines:
            held.append(line)
            yield line.decode("utf-8", "surrogateescape")

    rows = csv.reader(texts(), strict=True)
    while True:
        try:
            row: list[str] | None = next(rows)
        except StopIteration:
            break
        except csv.Error:
            row = None
        yield b"".join(held), row
        held.clear()
    if held:
        yield b"".join(held), None
