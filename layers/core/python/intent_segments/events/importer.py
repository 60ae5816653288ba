"""One file -> parts in the lake and the manifest that lists them. Nothing is current until the
manifest is committed, so an import can be repeated after any interruption.

The generation of the parts is a hash of the file, the options and the manifest it starts from: a
repeated import of the same file onto the same state overwrites its own keys with the same content.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ..errors import InvalidFile
from ..lake.compaction import compact
from ..lake.erased import Erased
from ..lake.manifest import Manifest
from ..lake.objects import Bucket
from ..lake.tables import connect
from .batch import Batch
from .drift import drift_of, silent_start
from .files import FORMS, Kind, Source, open_source, within_memory
from .limits import ENGINE_DISK, ENGINE_MEMORY, IMPORT, PIECE_ROWS
from .mapping import FieldMapping, mapped
from .memory import probe
from .normalize import Reading, broken_warning, pieces
from .partitions import Partition, is_day, with_partitions
from .profiles import normalize_profiles
from .report import ImportReport

NOBODY = Erased()
"""No user has been erased."""


@dataclass(frozen=True)
class Options:
    """What the one who loads a file decides: the local days to keep, a date for its traits, which
    of an events file's fields are ours, where they have other names, and, of Parquet, the columns
    that its path says."""

    since: date | None = None
    until: date | None = None
    valid_from: date | None = None
    mapping: FieldMapping | None = None
    partitions: tuple[Partition, ...] = ()


def import_file(
    path: Path,
    kind: Kind,
    manifest: Manifest,
    objects: Bucket,
    folder: Path,
    options: Options | None = None,
    rejected: str | None = None,
    erased: Erased = NOBODY,
) -> tuple[Manifest, ImportReport]:
    """Load one local file onto the state `manifest`; writes parts, commits nothing.

    The new manifest has the next version, or is `manifest` itself when the file adds nothing. Days
    are those of the manifest's time zone. `folder` caches files of the lake and holds scratch. Rows
    that are set aside are written under the S3 key `rejected`, if given, except for those of users
    who have been `erased`, which are only counted. Memory and disk stay
    within `limits.py`. Raises InvalidFile for a file that cannot be used.
    """
    options = options or Options()
    folder.mkdir(parents=True, exist_ok=True)
    con = connect(folder)
    con.execute(f"SET memory_limit = '{ENGINE_MEMORY}'")
    con.execute(f"SET max_temp_directory_size = '{ENGINE_DISK}'")
    try:
        with TemporaryDirectory(dir=folder) as scratch:
            gen = _gen(path, kind, manifest, options, erased.version)
            source = _opened(con, path, kind, options, Path(scratch))
            aside = Path(scratch) / "rejected.jsonl.gz"
            job = Batch(con, manifest, manifest, objects, folder, gen, erased)
            with within_memory(source):
                probe(con, source, IMPORT.bytes)
                if kind == "events":
                    after, report = _events(job, source, options, aside)
                else:
                    after, report = _profiles(job, source, options, aside)
            if rejected is not None and aside.exists():
                objects.upload({rejected: aside})
                report = replace(report, rejected=rejected)
        if after.parts == manifest.parts:
            return manifest, report
        after = compact(con, after, objects, folder)
        return replace(after, version=manifest.version + 1), report
    finally:
        con.close()


def _opened(
    con: duckdb.DuckDBPyConnection, path: Path, kind: Kind, options: Options, scratch: Path
) -> Source:
    """The file, checked from the outside; with partitions and a mapping what they make of it."""
    name = path.name
    # A day in the path says again what ts says; a mapping may want it for ts.
    said = [p for p in options.partitions if options.mapping or not is_day(p)]
    if said and FORMS.get(path.suffix.lower()) == "parquet":
        bare = open_source(path, "foreign", scratch, IMPORT)
        with within_memory(bare):
            probe(con, bare, IMPORT.bytes)
            path = with_partitions(con, bare, said, scratch / "whole.parquet")
    if options.mapping is None or kind != "events":
        return open_source(path, kind, scratch, IMPORT, name)
    foreign = open_source(path, "foreign", scratch, IMPORT, name)
    with within_memory(foreign):
        probe(con, foreign, IMPORT.bytes)
        ours = mapped(con, foreign, options.mapping, scratch / "mapped.parquet")
    return open_source(ours, kind, scratch, IMPORT, name)


def _events(
    job: Batch, source: Source, options: Options, aside: Path
) -> tuple[Manifest, ImportReport]:
    """Piece after piece; each sees what was there before the file, and is added to the last."""
    how = Reading(job.base.timezone, options.since, options.until, rejected=aside)
    total: ImportReport | None = None
    after = job.base
    days: set[int] = set()
    for number, normal in enumerate(pieces(job.con, source, how, piece_rows=PIECE_ROWS)):
        report = ImportReport(
            "events",
            normal.rows_read,
            0,
            normal.repeated_ids,
            normal.set_aside,
            normal.before_since,
            normal.after_until,
            broken_properties=normal.broken_properties,
            notes=tuple(normal.notes),
            warnings=tuple(normal.warnings),
        )
        found = job.con.execute("SELECT DISTINCT day FROM canonical").fetchall()
        days |= {day for (day,) in found}
        piece = replace(job, manifest=after, gen=f"{job.gen}-{number:02d}" if number else job.gen)
        after, report = piece.events(report)
        total = report if total is None else total.plus(report)
    assert total is not None  # a file has at least one piece
    warnings = [*total.warnings, *silent_start(job.base, after)]
    if total.broken_properties:
        warnings.append(broken_warning(total.broken_properties))
    drift = drift_of(job.base, after, days)
    return after, replace(total, drift=drift, warnings=tuple(warnings))


def _profiles(
    job: Batch, source: Source, options: Options, aside: Path
) -> tuple[Manifest, ImportReport]:
    traits = normalize_profiles(
        job.con, source, job.base.timezone, options.valid_from, "traits", aside
    )
    report = ImportReport(
        "profiles", traits.rows_read, 0, 0, traits.set_aside, warnings=tuple(traits.warnings)
    )
    return job.profiles(report)


def _gen(path: Path, kind: Kind, manifest: Manifest, options: Options, erased: int) -> str:
    if not path.is_file():
        raise InvalidFile(f"{path} is not a file: check the path.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    parts = tuple(part.gen for part in manifest.parts)
    state = (kind, options, manifest.version, manifest.groups, manifest.timezone, parts, erased)
    digest.update(repr(state).encode())
    return digest.hexdigest()[:16]
