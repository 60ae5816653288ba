"""Opens an events or profiles file that somebody else wrote, and refuses what cannot be read.

Accepted: Parquet (`.parquet`, `.pq`), CSV (`.csv`, comma, UTF-8, a header line) and JSON lines
(`.jsonl`, `.ndjson`, `.json`, one object per line); the latter two also gzipped (`.gz`).
An events file has the columns user_id, event and ts, and may have properties and message_id;
a profiles file has user_id and one column per trait. On the laptop an assignments file has user_id
and arm, a scores file user_id and likelihood (`intent uplift`).

This module looks at the outside of a file (format, size, column names). What the values are worth
is decided row by row in `normalize.py`, because one bad row must not cost the good ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from ..errors import InvalidFile
from .limits import ENGINE_DISK, ENGINE_MEMORY, MAX_COLUMNS, ON_FILES, Limits
from .parquet_files import parquet_columns, too_many_columns
from .text_files import Form, check_jsonl_start, check_lines, csv_columns, unzip

Kind = Literal["events", "profiles", "calls", "assignments", "scores", "foreign"]

FORMS: dict[str, Form] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
REQUIRED: dict[Kind, tuple[str, ...]] = {
    "events": ("user_id", "event", "ts"),
    "profiles": ("user_id",),
    "assignments": ("user_id", "arm"),
    "scores": ("user_id", "likelihood"),
    "calls": (),  # JSON lines, read by services/raw_logs.py
    "foreign": (),  # a mapping says what its columns are (mapping.py)
}
LOOKALIKES = {
    "user_id": {"userid", "user", "uid", "distinctid", "customerid", "customer", "clientid", "id"},
    "event": {"eventname", "eventtype", "name", "action", "type"},
    "arm": {"group", "variant", "treatment", "cell", "bucket"},
    "likelihood": {"score", "probability", "propensity", "prediction", "p"},
    "ts": {"timestamp", "time", "eventtime", "datetime", "date", "createdat", "originaltimestamp"},
}
"""Names that other tools give to our columns, without case and punctuation: for remedies only."""


@dataclass(frozen=True)
class Source:
    """A file that passed the outer checks.

    `name` is the file's name for messages; `path` is what DuckDB reads (decompressed, and free of
    characters that DuckDB takes for a pattern); `columns` are its column names, empty for JSON
    lines, where every line has its own; `bytes` is its size uncompressed, for Parquet as its footer
    claims; `folder` is scratch space.
    """

    name: str
    path: Path
    form: Form
    kind: Kind
    columns: tuple[str, ...]
    bytes: int
    folder: Path


def open_source(
    path: Path, kind: Kind, folder: Path, limits: Limits = ON_FILES, name: str | None = None
) -> Source:
    """Check a file from the outside. `folder` is scratch space for a decompressed copy or a link,
    `name` what messages call a file that was made of another.

    Raises InvalidFile when the file is missing, empty, too large, not in the format its name says,
    or lacks a required column.
    """
    name = name or path.name
    if not path.is_file():
        raise InvalidFile(f"{path} is not a file: check the path.")
    if path.stat().st_size == 0:
        raise InvalidFile(f"{name} is empty (0 bytes): export it again.")
    suffixes = [s.lower() for s in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    form = FORMS.get((suffixes[:-1] if zipped else suffixes)[-1:][0] if suffixes else "")
    if form is None or (zipped and form == "parquet"):
        raise InvalidFile(
            f"{name}: the format is taken from the name, which must end in .parquet, .csv, .jsonl "
            "(or .csv.gz, .jsonl.gz): rename or convert the file."
        )
    columns: tuple[str, ...] = ()
    if form == "parquet":
        plain = _plain_path(path, folder)
        columns, size = parquet_columns(plain, name, limits)
    else:
        if zipped:
            plain = folder / f"plain-{len(list(folder.iterdir()))}"
            unzip(path, plain, limits.text_bytes)
        else:
            plain = _plain_path(path, folder)
            check_lines(path, limits.text_bytes)
        size = plain.stat().st_size
        if form == "csv":
            columns = csv_columns(plain, name)
        else:
            check_jsonl_start(plain, name)
    if form != "jsonl":
        check_columns(name, kind, columns)
    return Source(name, plain, form, kind, columns, size, folder)


def check_columns(name: str, kind: Kind, found: tuple[str, ...]) -> None:
    """Raise InvalidFile when required columns are missing, or names cannot be told apart."""
    if len(found) > MAX_COLUMNS:
        raise too_many_columns(name, len(found))
    seen: dict[str, str] = {}
    for column in found:
        twin = seen.setdefault(column.lower(), column)
        if twin is not column:
            raise InvalidFile(
                f"{name} has the columns {twin!r} and {column!r}, which differ at most in case: "
                "rename one of them."
            )
    missing = [c for c in REQUIRED[kind] if c not in found]
    if not missing:
        return
    shown = ", ".join(found[:20]) + (", …" if len(found) > 20 else "")
    raise InvalidFile(
        f"{name} has no column {' and no column '.join(missing)}. {kind.capitalize()} files need "
        f"{', '.join(REQUIRED[kind])}; found: {shown or 'none'}. {_remedy(missing, found)}"
    )


@contextmanager
def within_memory(source: Source) -> Iterator[None]:
    """Turn the end of memory or disk into an InvalidFile."""
    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise InvalidFile(
            f"{source.name} needs more than {ENGINE_MEMORY} of memory or {ENGINE_DISK} of disk: "
            "its values expand to far more than the file. Nothing of it was loaded: split it, or "
            "shorten the values."
        ) from error


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Turn what DuckDB says about a broken or boundless file into an InvalidFile."""
    try:
        yield
    except duckdb.Error as error:
        kinds = (duckdb.CatalogException, duckdb.BinderException, duckdb.OutOfMemoryException)
        if isinstance(error, kinds):
            raise
        why = str(error).split("\n\n")[0].replace("\n", " ")[:300]
        raise InvalidFile(
            f"{source.name} is malformed: {why}. Nothing of it was loaded: mend or export it again."
        ) from error


def _remedy(missing: list[str], found: tuple[str, ...]) -> str:
    if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
        return "The separator must be a comma: export it again as comma-separated CSV."
    renames = []
    for column in missing:
        plain = {"".join(c for c in name.lower() if c.isalnum()): name for name in reversed(found)}
        known = [plain[n] for n in plain if n == column.replace("_", "") or n in LOOKALIKES[column]]
        if known:
            renames.append(f"{known[0]} AS {column}")
    if renames:
        return f"Rename when exporting, in SQL: SELECT {', '.join(renames)}, …"
    return f"Add or rename the column: SELECT <your column> AS {missing[0]}, …"


def _plain_path(path: Path, folder: Path) -> Path:
    if set(str(path)) & set("*?["):
        link = folder / f"link-{len(list(folder.iterdir()))}"
        link.symlink_to(path.resolve())
        return link
    return path
