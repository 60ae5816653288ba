"""One file -> parts in the lake and the manifest that lists them. Nothing is current until the
manifest is committed, so an import can be repeated after any interruption.

The generation of the parts is a hash of the file, the options and the manifest it starts from: a
repeated import of the same file onto the same state overwrites its own keys with the same content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from ..errors import InvalidFile
from ..lake.calendar import from_day, to_day
from ..lake.compaction import compact
from ..lake.layout import SLOTS
from ..lake.manifest import (
    Manifest,
    Part,
    add_event_names,
    add_part,
    add_to_catalogue,
    add_users,
)
from ..lake.merge import rows_of
from ..lake.objects import Bucket
from ..lake.tables import connect
from ..lake.writer import write_part
from .catalogue import catalogue_of
from .files import Kind, open_source
from .normalize import MAX_EVENT_NAMES, normalize
from .profiles import normalize_profiles
from .report import ImportReport

MONTHLY_FROM_DAYS = 62
"""A file that spans more days than two months is split by calendar month, so that later reads and
the search for events loaded before touch only the months they are about."""


@dataclass(frozen=True)
class Options:
    """What the one who loads a file decides: the local days to keep, and a date for its traits."""

    since: date | None = None
    until: date | None = None
    valid_from: date | None = None


def import_file(
    path: Path,
    kind: Kind,
    manifest: Manifest,
    objects: Bucket,
    folder: Path,
    options: Options | None = None,
) -> tuple[Manifest, ImportReport]:
    """Load one local file onto the state `manifest`; writes parts, commits nothing.

    The new manifest has the next version, or is `manifest` itself when the file adds nothing. Days
    are those of the manifest's time zone. `folder` caches files of the lake and holds scratch.
    Raises InvalidFile for a file that cannot be used.
    """
    options = options or Options()
    folder.mkdir(parents=True, exist_ok=True)
    con = connect(folder)
    try:
        with TemporaryDirectory(dir=folder) as scratch:
            job = _Job(con, manifest, objects, folder, _gen(path, kind, manifest, options))
            source = open_source(path, kind, Path(scratch))
            if kind == "events":
                normal = normalize(
                    con, source, manifest.timezone, options.since, options.until, "canonical"
                )
                report = ImportReport(
                    kind,
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
                after, report = job.events(report)
            else:
                traits = normalize_profiles(
                    con, source, manifest.timezone, options.valid_from, "traits"
                )
                report = ImportReport(
                    kind,
                    traits.rows_read,
                    0,
                    0,
                    traits.set_aside,
                    warnings=tuple(traits.warnings),
                )
                after, report = job.profiles(report)
        if after.parts == manifest.parts:
            return manifest, report
        after = compact(con, after, objects, folder)
        return replace(after, version=manifest.version + 1), report
    finally:
        con.close()


@dataclass(frozen=True)
class _Job:
    """One import under way: canonical rows or traits are in `con`, parts go to `objects`."""

    con: duckdb.DuckDBPyConnection
    manifest: Manifest
    objects: Bucket
    folder: Path
    gen: str

    def events(self, report: ImportReport) -> tuple[Manifest, ImportReport]:
        """Add the table `canonical`: events, activity, users, catalogue."""
        con = self.con
        rows, first, last, users = con.execute(
            "SELECT count(*), min(day), max(day), count(DISTINCT uh) FROM canonical"
        ).fetchone() or (0, None, None, 0)
        report = replace(report, first_day=first, last_day=last, users=users)
        if rows == 0:
            return self.manifest, report
        report = replace(report, warnings=(*report.warnings, *self._silent_days(first, last)))
        known = self._stored("events", (first, last))
        con.execute(
            f"""DELETE FROM canonical c WHERE EXISTS (
                SELECT 1 FROM ({known}) e WHERE e.uh = c.uh AND e.mid = c.mid)"""
        )
        seen = catalogue_of(con, "canonical")
        added = sum(entry.count for entry in seen.values())
        report = replace(
            report,
            added=added,
            duplicates=report.duplicates + rows - added,
            events={name: entry.count for name, entry in seen.items()},
        )
        if added == 0:
            return self.manifest, report
        manifest = add_to_catalogue(add_event_names(self.manifest, seen), seen)
        if len(manifest.event_names) > MAX_EVENT_NAMES:
            raise InvalidFile(
                f"With this file the lake would have {len(manifest.event_names):,} event names, "
                f"the limit is {MAX_EVENT_NAMES:,}: put what varies into properties."
            )
        self._coded(manifest)
        for part in self._event_parts(first, last):
            manifest = add_part(manifest, part)
        daily = "(SELECT uh, event, day, count(*) AS n FROM coded GROUP BY uh, event, day)"
        manifest = self._with_part(manifest, "activity", daily)
        con.execute(
            """CREATE TEMP TABLE seen_users AS
            SELECT uh, min(user_id) AS user_id, min(day) AS first_day,
                NULL::INTEGER AS profile_day, false AS has_profile
            FROM canonical GROUP BY uh"""
        )
        return self._with_users(manifest, report)

    def profiles(self, report: ImportReport) -> tuple[Manifest, ImportReport]:
        """Add the tables `traits` and `traits_users`: profiles, users."""
        con = self.con
        con.execute(
            """CREATE TEMP TABLE seen_users AS
            SELECT uh, user_id, NULL::INTEGER AS first_day, profile_day, true AS has_profile
            FROM traits_users"""
        )
        total, first, last = con.execute(
            "SELECT count(*), min(valid_from), max(valid_from) FROM traits"
        ).fetchone() or (0, None, None)
        con.execute(
            f"""DELETE FROM traits t WHERE EXISTS (
                SELECT 1 FROM ({self._stored("profiles")}) p
                WHERE p.uh = t.uh AND p.property = t.property AND p.kind = t.kind
                    AND p.text IS NOT DISTINCT FROM t.text
                    AND p.number IS NOT DISTINCT FROM t.number
                    AND p.valid_from IS NOT DISTINCT FROM t.valid_from)"""
        )
        (added,) = con.execute("SELECT count(*) FROM traits").fetchone() or (0,)
        report = replace(
            report, added=added, duplicates=total - added, first_day=first, last_day=last
        )
        return self._with_users(self._with_part(self.manifest, "profiles", "traits"), report)

    def _stored(self, table: str, days: tuple[int, int] | None = None) -> str:
        """SQL for the rows of a table that are in the lake, in parts that touch the days."""
        parts: list[list[Path]] = [
            self.objects.fetch(part.keys(range(self.manifest.groups)), self.folder)
            for part in self.manifest.of(table)
            if part.overlaps(days)
        ]
        return rows_of(table, parts)

    def _coded(self, manifest: Manifest) -> None:
        """Create `coded`: the rows to add, with event codes; sorted so that groups lie together."""
        self.con.execute("CREATE TEMP TABLE codes (event INTEGER, name VARCHAR)")
        names = list(enumerate(manifest.event_names))
        self.con.executemany("INSERT INTO codes VALUES (?, ?)", names)
        self.con.execute(
            f"""CREATE TEMP TABLE coded AS
            SELECT n.event, c.uh, c.ts, c.day, c.properties, c.mid
            FROM canonical c JOIN codes n ON n.name = c.event
            {"ORDER BY c.uh" if manifest.groups > 1 else ""}"""
        )

    def _event_parts(self, first: int, last: int) -> list[Part]:
        if last - first + 1 <= MONTHLY_FROM_DAYS:
            return self._parts("events", [("", "coded")])
        months = []
        month = from_day(first).replace(day=1)
        while to_day(month) <= last:
            following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            where = f"day >= {to_day(month)} AND day < {to_day(following)}"
            months.append((f"-{month:%Y%m}", f"(SELECT * FROM coded WHERE {where})"))
            month = following
        return self._parts("events", months)

    def _parts(self, table: str, slices: Sequence[tuple[str, str]]) -> list[Part]:
        parts = []
        for suffix, rows in slices:
            part = write_part(
                self.con,
                rows,
                table,
                self.gen + suffix,
                self.manifest.groups,
                self.objects,
                self.folder,
            )
            if part is not None:
                parts.append(part)
        return parts

    def _with_part(self, manifest: Manifest, table: str, rows: str) -> Manifest:
        for part in self._parts(table, [("", rows)]):
            manifest = add_part(manifest, part)
        return manifest

    def _with_users(
        self, manifest: Manifest, report: ImportReport
    ) -> tuple[Manifest, ImportReport]:
        """Add what `seen_users` tells beyond the users in the lake."""
        con = self.con
        con.execute(f"CREATE TEMP TABLE known_users AS {self._stored('users')}")
        clashes, users = con.execute(
            """SELECT count_if(k.user_id <> s.user_id), count(*)
            FROM seen_users s LEFT JOIN known_users k ON k.uh = s.uh"""
        ).fetchone() or (0, 0)
        if clashes:
            warning = (
                f"{clashes} users share the 64-bit hash of another user id and count as that user."
            )
            report = replace(report, warnings=(*report.warnings, warning))
        slots = con.execute(
            f"""SELECT (uh >> 52) + {SLOTS // 2} AS slot, count(*) FROM seen_users s
            WHERE NOT EXISTS (SELECT 1 FROM known_users k WHERE k.uh = s.uh)
            GROUP BY slot ORDER BY slot"""
        ).fetchall()
        news = """(SELECT s.* FROM seen_users s LEFT JOIN known_users k ON k.uh = s.uh
            WHERE k.uh IS NULL OR s.first_day < coalesce(k.first_day, s.first_day + 1)
                OR s.profile_day < coalesce(k.profile_day, s.profile_day + 1)
                OR (s.has_profile AND NOT k.has_profile))"""
        manifest = add_users(self._with_part(manifest, "users", news), dict(slots))
        new_users = sum(count for _, count in slots)
        return manifest, replace(report, users=users, new_users=new_users)

    def _silent_days(self, first: int, last: int) -> list[str]:
        (busy,) = self.con.execute("SELECT count(DISTINCT day) FROM canonical").fetchone() or (0,)
        silent = last - first + 1 - busy
        if silent == 0:
            return []
        (example,) = self.con.execute(
            """SELECT min(d) FROM range(?, ?) t(d)
            WHERE NOT EXISTS (SELECT 1 FROM canonical c WHERE c.day = d)""",
            [first, last],
        ).fetchone() or (first,)
        return [
            f"{silent:,} of the {last - first + 1:,} days from {from_day(first)} to "
            f"{from_day(last)} have no event (the first: {from_day(example)}): if that is not how "
            "your users behave, load the missing days."
        ]


def _gen(path: Path, kind: Kind, manifest: Manifest, options: Options) -> str:
    if not path.is_file():
        raise InvalidFile(f"{path} is not a file: check the path.")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    parts = tuple(part.gen for part in manifest.parts)
    state = (kind, options, manifest.version, manifest.groups, manifest.timezone, parts)
    digest.update(repr(state).encode())
    return digest.hexdigest()[:16]
