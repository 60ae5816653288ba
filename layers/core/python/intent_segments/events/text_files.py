"""The outside of CSV and JSON lines: unzipping, endless lines, encodings, and broken lines.

A file is first read strictly by the engine. Where that fails, `mend` goes through it line by line:
sound lines are kept, broken ones set aside with their number and the reason.
"""

from __future__ import annotations

import csv
import errno
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import InvalidFile
from .limits import MAX_LINE_BYTES, MAX_MALFORMED_SHARE
from .parquet_files import too_large

Form = Literal["parquet", "csv", "jsonl"]

SET_ASIDE = "set_aside"
"""Key of the reason in a file of rejected rows; no property when that file is loaded again."""
SHOWN = 1_000
"""Characters of a broken line that are kept."""
BLOCK = 1 << 20


@dataclass(frozen=True)
class Malformed:
    """Lines that could not be parsed: how many, the first of them in words, and where they lie
    (JSON lines, gzipped: set_aside, line, text)."""

    count: int
    first: str
    path: Path


def unzip(path: Path, target: Path, limit: int) -> None:
    """Write the plain text of a .gz file. Raises InvalidFile beyond `limit` bytes, for a line
    longer than MAX_LINE_BYTES, for a file cut off, and for an empty one."""
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            lines = LineLengths(path.name)
            while block := packed.read(BLOCK):
                lines.add(block)
                if lines.size > limit:
                    raise too_large(path.name, limit)
                plain.write(block)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise too_large(path.name, limit) from error
        raise InvalidFile(
            f"{path.name} is not a whole gzip file ({error}): export it again."
        ) from error
    if lines.size == 0:
        raise InvalidFile(f"{path.name} is empty once unzipped: export it again.")


def check_lines(path: Path, limit: int) -> None:
    """Raise InvalidFile for a plain file beyond `limit` bytes or with an endless line."""
    if path.stat().st_size > limit:
        raise too_large(path.name, limit)
    lines = LineLengths(path.name)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            lines.add(block)


class LineLengths:
    """Watches blocks of text go by; raises InvalidFile when a line exceeds MAX_LINE_BYTES.

    Only the first and the last line break of a block are looked for, so lines shorter than a block
    cost nothing.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.begun = 0

    def add(self, block: bytes) -> None:
        """The next bytes of the text."""
        first = block.find(b"\n")
        end = self.size + (len(block) if first < 0 else first)
        if end - self.begun > MAX_LINE_BYTES:
            raise InvalidFile(
                f"{self.name} has a line of more than {MAX_LINE_BYTES >> 20} MiB, which begins at "
                f"byte {self.begun:,}: events have one short line each; export it again."
            )
        if first >= 0:
            self.begun = self.size + block.rfind(b"\n") + 1
        self.size += len(block)


def csv_columns(path: Path, name: str) -> tuple[str, ...]:
    """The names in the header of a CSV file. Raises InvalidFile without a header or a row."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            header = next(csv.reader(lines, strict=True), [])
            second = lines.readline()
    except csv.Error as error:
        raise InvalidFile(f"{name}, line 1: {error}: mend the header line.") from error
    if any(_escaped(column) for column in header):
        raise InvalidFile(f"{name} is not UTF-8 text: save it as UTF-8.")
    if header and not second:
        raise InvalidFile(f"{name} holds a header and no rows: check the export's filter.")
    return tuple(header)


def check_jsonl_start(path: Path, name: str) -> None:
    """Raise InvalidFile for blank lines alone, and for a JSON array."""
    with path.open("rb") as lines:
        start = lines.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidFile(f"{name} is UTF-16 text: save it as UTF-8.")
    if not start.lstrip():
        raise InvalidFile(f"{name} holds only blank lines: export it again.")
    if start.lstrip().startswith(b"["):
        raise InvalidFile(
            f"{name} is one JSON array: write one object per line (jq -c '.[]' does it)."
        )


def mend(
    path: Path, form: Form, columns: tuple[str, ...], name: str, folder: Path
) -> tuple[Path, Malformed] | None:
    """The sound lines of a text file as a file of their own in `folder`, and what was left out.

    None when every line is sound and the engine has another reason. Raises InvalidFile when more
    than MAX_MALFORMED_SHARE of the lines are broken.
    """
    mended, aside = folder / f"{path.name}.mended", folder / f"{path.name}.malformed.jsonl.gz"
    sound = broken = 0
    first = ""
    with (
        path.open("rb") as given,
        mended.open("w", encoding="utf-8", newline="") as kept,
        gzip.open(aside, "wt", encoding="utf-8") as rejected,
    ):
        rows = csv.writer(kept, lineterminator="\n")
        if form == "csv":
            sound = -1  # the header
        for number, value, wrong in _checked(given, form, len(columns)):
            if not wrong:
                sound += 1
                kept.write(value) if form == "jsonl" else rows.writerow(value)
                continue
            broken += 1
            first = first or f"line {number}{wrong}"
            text = value if isinstance(value, str) else ",".join(value)
            shown = text[:SHOWN].encode(errors="replace").decode()
            entry = {SET_ASIDE: f"line {number}{wrong}", "line": number, "text": shown}
            rejected.write(json.dumps(entry, ensure_ascii=False) + "\n")
    if not broken:
        return None
    if broken > MAX_MALFORMED_SHARE * (sound + broken):
        raise InvalidFile(
            f"{name} is malformed: {first} ({broken:,} of {sound + broken:,} lines are broken). "
            "Nothing of it was loaded: mend or export it again."
        )
    return mended, Malformed(broken, first, aside)


Checked = Iterator[tuple[int, Any, str]]
"""(line number, the line or its values, what is wrong with it or nothing)."""


def _checked(lines: Iterable[bytes], form: Form, width: int) -> Checked:
    return _json_lines(lines) if form == "jsonl" else _csv_rows(lines, width)


def _json_lines(lines: Iterable[bytes]) -> Checked:
    for number, line in enumerate(lines, 1):
        if line.strip():
            text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
            yield number, text, _wrong_json(text)


def _wrong_json(text: str) -> str:
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        else:
            text.encode()
    except json.JSONDecodeError as error:
        return f": {error.msg} at character {error.pos + 1}"
    except UnicodeEncodeError:
        return " is not UTF-8 text: save it as UTF-8"
    except (ValueError, RecursionError) as error:
        return f": {str(error)[:80]}"
    return "" if isinstance(value, dict) else " is not a JSON object"


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON value")


def _csv_rows(lines: Iterable[bytes], width: int) -> Checked:
    texts = (line.decode("utf-8", "surrogateescape") for line in lines)
    rows = csv.reader((text.removeprefix("\ufeff") for text in texts), strict=True)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, "", f": {error}"
            continue
        wrong = ""
        if row and len(row) != width:
            wrong = f" has {len(row)} values, the header has {width}"
        elif any(not value.isascii() and _escaped(value) for value in row):
            wrong = " is not UTF-8 text: save it as UTF-8"
        if row:
            yield rows.line_num, row, wrong


def _escaped(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)
