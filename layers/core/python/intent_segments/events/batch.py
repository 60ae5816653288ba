"""Canonical rows or traits, in DuckDB, become parts of every table that they concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from ..errors import InvalidFile
from ..lake.erased import Erased
from ..lake.layout import SLOTS
from ..lake.manifest import (
    Manifest,
    Part,
    add_days,
    add_event_names,
    add_part,
    add_to_catalogue,
    add_users,
)
from ..lake.merge import rows_of
from ..lake.objects import Bucket
from ..lake.writer import write_part
from .catalogue import catalogue_of, with_details
from .drift import trait_drift
from .learning import learn_events, learn_traits
from .normalize import MAX_EVENT_NAMES, SetAside, merged
from .report import ImportReport
from .spans import spans

MONTHLY_FROM_DAYS = 62
"""A file that spans more days than two months is split by calendar month, so that later reads and
the search for events loaded before touch only the months they are about."""


SAME_ID_DAYS = 7
"""Within so many days the same message_id of a user is the same event, as with Amplitude's
insert_id; retries come within hours. Every import would else have to read all events there are."""


@dataclass(frozen=True)
class Batch:
    """One import under way: canonical rows or traits are in `con`, parts go to `objects`.

    `base` is the state before the file, in which rows are looked for; `manifest` what is added to.
    """

    con: duckdb.DuckDBPyConnection
    base: Manifest
    manifest: Manifest
    objects: Bucket
    folder: Path
    gen: str
    erased: Erased = field(default_factory=Erased)

    def events(self, report: ImportReport) -> tuple[Manifest, ImportReport]:
        """Add the table `canonical`: events, activity, users, catalogue."""
        con = self.con
        report = _without_erased(report, self.erased.take_out(con, "canonical", "day"))
        rows, first, last, users = con.execute(
            "SELECT count(*), min(day), max(day), count(DISTINCT uh) FROM canonical"
        ).fetchone() or (0, None, None, 0)
        report = replace(report, first_day=first, last_day=last, users=users)
        if rows == 0:
            return self.manifest, report
        known = self._stored("events", (first - SAME_ID_DAYS, last + SAME_ID_DAYS))
        con.execute(
            f"""DELETE FROM canonical c WHERE EXISTS (
                SELECT 1 FROM ({known}) e WHERE e.uh = c.uh AND e.mid = c.mid
                    AND abs(e.day - c.day) <= {SAME_ID_DAYS})"""
        )
        learnt = learn_events(con, "canonical")
        seen = catalogue_of(con, "canonical", learnt)
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
        manifest = with_details(con, "canonical", learnt, manifest, self.manifest, self.objects)
        per_day = con.execute("SELECT day, count(*) FROM canonical GROUP BY day").fetchall()
        manifest = add_days(manifest, dict(per_day))
        self._coded(manifest)
        for part in self._event_parts(first, last):
            manifest = add_part(manifest, part)
        daily = "(SELECT uh, event, day, count(*) AS n FROM coded GROUP BY uh, event, day)"
        manifest = self._with_part(manifest, "activity", daily)
        con.execute(
            """CREATE OR REPLACE TEMP TABLE seen_users AS
            SELECT uh, min(user_id) AS user_id, min(day) AS first_day,
                NULL::INTEGER AS profile_day, false AS has_profile
            FROM canonical GROUP BY uh"""
        )
        return self._with_users(manifest, report)

    def profiles(self, report: ImportReport) -> tuple[Manifest, ImportReport]:
        """Add the tables `traits` and `traits_users`: profiles, users."""
        con = self.con
        known = f"SELECT uh FROM ({self._stored('users')})"
        report = _without_erased(
            report, self.erased.take_out(con, "traits_users", "profile_day", known)
        )
        self.erased.take_out(con, "traits", "valid_from", known)
        con.execute(
            """CREATE TEMP TABLE seen_users AS
            SELECT uh, user_id, NULL::INTEGER AS first_day, profile_day, true AS has_profile
            FROM traits_users"""
        )
        drift = trait_drift(con, self._stored("profiles"), "traits")
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
            report,
            added=added,
            duplicates=total - added,
            first_day=first,
            last_day=last,
            drift=drift,
        )
        manifest = self.manifest
        if added:
            learnt = learn_traits(con, "traits")
            manifest = with_details(con, "traits", learnt, manifest, manifest, self.objects)
        return self._with_users(self._with_part(manifest, "profiles", "traits"), report)

    def _stored(self, table: str, days: tuple[int, int] | None = None) -> str:
        """SQL for the rows of a table that are in the lake, in parts that touch the days."""
        parts: list[list[Path]] = [
            self.objects.fetch(part.keys(range(self.base.groups)), self.folder)
            for part in self.base.of(table)
            if part.overlaps(days)
        ]
        return rows_of(table, parts)

    def _coded(self, manifest: Manifest) -> None:
        """Create `coded`: the rows to add, with event codes; sorted so that groups lie together."""
        self.con.execute("CREATE OR REPLACE TEMP TABLE codes (event INTEGER, name VARCHAR)")
        names = list(enumerate(manifest.event_names))
        self.con.executemany("INSERT INTO codes VALUES (?, ?)", names)
        self.con.execute(
            f"""CREATE OR REPLACE TEMP TABLE coded AS
            SELECT n.event, c.uh, c.ts, c.day, c.properties, c.mid
            FROM canonical c JOIN codes n ON n.name = c.event
            {"ORDER BY c.uh" if manifest.groups > 1 else ""}"""
        )

    def _event_parts(self, first: int, last: int) -> list[Part]:
        if last - first + 1 <= MONTHLY_FROM_DAYS:
            return self._parts("events", [("", "coded")])
        slices = []
        for name, low, high in spans(first, last):
            where = f"day >= {low} AND day < {high}"
            slices.append((f"-{name}", f"(SELECT * FROM coded WHERE {where})"))
        return self._parts("events", slices)

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
                parts.append(replace(part, erased=self.erased.version))
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
        con.execute(f"CREATE OR REPLACE TEMP TABLE known_users AS {self._stored('users')}")
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


def _without_erased(report: ImportReport, rows: int) -> ImportReport:
    """The report with the rows that were left out because their users have been erased."""
    if not rows:
        return report
    aside = {"erased_user": SetAside(rows, "whose ids are not repeated here")}
    return replace(report, set_aside=merged(report.set_aside, aside))
