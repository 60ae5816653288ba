"""One job of an erasure run: find the users in every version of every file of a group, write that
down, and then take them out.

What was found is written before anything is changed, and kept when the job is repeated: so the
numbers are those of the first look, however often it was killed afterwards.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from ..events import forgetting, text_without_users
from ..events.details import Details
from ..events.files import FORMS
from ..lake import versions as lake_versions
from ..lake import without_users
from ..lake.columns import ROW_GROUP as ROWS_OF_COLUMNS
from ..lake.manifest import TABLES, Manifest, read_manifest, rewritten_gen
from ..lake.tables import connect
from ..lake.versions import Version
from ..lake.writer import ROW_GROUP as ROWS_OF_PARTS
from ..store.stores import Stores
from .erasure_plan import LANDED, OWN, ErasurePlan, Found, read_found

AT_ONCE = 8
"""Objects fetched or listed at the same time."""
DELIVERED = "deliveries/"
BATCH = 32
"""Files that lie on the disk at the same time."""

Counts = dict[str, int]
"""Position in the list (as text, for JSON) -> rows."""


def erase_from_files(stores: Stores, event: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Do the job {"plan_key", "group"} or {"plan_key", "key": a landed file}; returns which one it
    was and nothing of the users. Can be repeated at any point."""
    plan = ErasurePlan.from_json(stores.objects.get_json(event["plan_key"]))
    pending = stores.erasures.pending_at(plan.pending_key)
    hashes = plan.hashes(pending)
    job: dict[str, Any]
    if "key" in event:
        key = str(event["key"])
        name = f"file-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        job, keys = {"key": key}, {key: lake_versions.versions(stores.objects, key)}
    else:
        group = int(event["group"])
        hashes = plan.of_group(hashes, group)
        name, job, keys = f"g={group:04d}", {"group": group}, _of_group(stores, group)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        eraser = Eraser(stores, plan, hashes, Path(scratch))
        found = read_found(stores, plan.found_key(name))
        fresh = eraser.scan(
            {
                key: held
                for key, held in keys.items()
                if key not in found.seen and not _is_ours(key, plan.version)
            }
        )
        if fresh.seen:
            found.add(fresh)
            stores.objects.put_json(plan.found_key(name), found.to_json())
        eraser.take_out(found)
    return job


@dataclass(frozen=True)
class Eraser:
    """`hashes` are the users to take out with their positions in the plan's list; `scratch` is a
    folder of its own."""

    stores: Stores
    plan: ErasurePlan
    hashes: Mapping[int, int]
    scratch: Path

    @cached_property
    def con(self) -> duckdb.DuckDBPyConnection:
        return connect(self.scratch)

    @cached_property
    def manifest(self) -> Manifest | None:
        """The state of the lake when the run was planned."""
        key = self.plan.manifest_key
        return None if key is None else read_manifest(self.stores.objects, key)

    @cached_property
    def current(self) -> set[str]:
        """The files of that state; of older ones the rows are the same, and counted once."""
        manifest = self.manifest
        if manifest is None:
            return set()
        return {key for part in manifest.parts for key in part.keys(range(manifest.groups))}

    @cached_property
    def details(self) -> Details:
        """What the catalogue keeps, at that state; its documents may be gone by now."""
        manifest = self.manifest
        if manifest is None or manifest.details is None:
            return Details()
        return Details.read(self.stores.objects, manifest.details)

    def scan(self, keys: Mapping[str, list[Version]]) -> Found:
        """Look for the users in all versions of these keys."""
        found = Found(seen=set(keys))
        held = [v for key in sorted(keys) for v in keys[key] if v.key == key and not v.marker]
        for start in range(0, len(held), BATCH):
            some = held[start : start + BATCH]
            for version, path in zip(some, self._fetched(some), strict=True):
                self._look(version, path, found.files)
                path.unlink()
        return found

    def _look(self, version: Version, path: Path, files: dict[str, dict[str, Any]]) -> None:
        """Write down whose rows one version has, if it has any."""
        users, total = self._users(path)
        if not users and version.key.startswith(DELIVERED):
            users, total = self._of_nameless(version.key, path, files)
        if users == {}:
            return
        entry = files.setdefault(version.key, {"rows": {}, "old": {}})
        if not version.latest:
            entry["old"][version.id] = users or {}
        elif users is None:
            entry["unreadable"] = True
        else:
            entry |= {"rows": users, "latest": version.id, "total": total}
            if version.key.split("/")[0] in TABLES:
                entry["counts"] = version.key in self.current
            entry |= self._forgotten(version.key, path)

    def _of_nameless(
        self, key: str, path: Path, files: Mapping[str, Mapping[str, Any]]
    ) -> tuple[Counts, int]:
        """Of a delivered file without ids, such as one for an ad platform: whose send it is of, by
        its audience, which comes first. Nobody can tell their rows from others', so all rows go."""
        if text_without_users.has_ids(path):
            return {}, 0
        audience = files.get(f"audiences/{key.removeprefix(DELIVERED).split('.')[0]}.parquet")
        if audience is None:
            return {}, 0
        users = dict(audience["rows"])
        return users, sum(users.values())

    def take_out(self, found: Found) -> None:
        """Write the files without the users and delete the versions that have them. Files of the
        lake are written beside the old ones, which stay until the new ones are committed."""
        for key, entry in sorted(found.files.items()):
            now = _of_key(self.stores, key)
            if entry.get("unreadable"):
                lake_versions.remove(self.stores.objects, now)
                continue
            hit = set(entry["old"])
            if entry["rows"]:
                latest = next((v for v in now if v.latest and not v.marker), None)
                if latest is not None:
                    self._write_anew(key, entry, latest)
                if key.split("/")[0] not in TABLES:
                    hit.add(entry["latest"])
            left = _of_key(self.stores, key)
            gone = [v for v in left if v.id in hit and not v.latest]
            if all(v.marker for v in left if v not in gone):
                gone = left  # a deletion of what is gone hides nothing any more
            lake_versions.remove(self.stores.objects, gone)

    def _write_anew(self, key: str, entry: Mapping[str, Any], latest: Version) -> None:
        table = key.split("/")[0]
        gone = sum(entry["rows"].values())
        if gone == entry["total"] and (table in TABLES or key.startswith(LANDED)):
            if table not in TABLES:  # nothing is left in a landed file
                lake_versions.remove(self.stores.objects, _of_key(self.stores, key))
            return
        [path] = self._fetched([latest])
        users, _ = self._users(path)
        nameless = key.startswith(DELIVERED) and not text_without_users.has_ids(path)
        if users or nameless:
            target = path.with_name(f"without-{path.name}")
            self._write(path, target, ROWS_OF_PARTS if table in TABLES else ROWS_OF_COLUMNS)
            into = without(key, self.plan.version) if table in TABLES else key
            self.stores.objects.upload({into: target})
            target.unlink()
        path.unlink(missing_ok=True)

    def _write(self, path: Path, target: Path, row_group: int) -> None:
        form = _form(path)
        if form == "parquet":
            without_users.write_without(self.con, path, self.hashes, target, row_group)
        elif path.name.startswith("deliveries-") and not text_without_users.has_ids(path):
            text_without_users.write_header(path, target)
        else:
            text_without_users.write_without(path, form, self.hashes, target, _escaped(path))

    def _users(self, path: Path) -> tuple[Counts | None, int]:
        """Rows of the users in a file, and rows in all; None where it cannot be read."""
        form = _form(path)
        try:
            if form == "parquet":
                users = without_users.users_in(self.con, path, self.hashes)
                total = without_users.rows_in(self.con, path) if users else 0
            elif form:
                target = path.with_name(f"look-{path.name}")
                kept = text_without_users.write_without(
                    path, form, self.hashes, target, _escaped(path)
                )
                target.unlink()
                users, total = kept.gone, kept.rows + sum(kept.gone.values())
            else:
                return None, 0
        except (duckdb.Error, OSError, EOFError, zlib.error):
            if not path.name.startswith(LANDED_NAMES):
                raise
            return None, 0
        return {str(self.hashes[uh]): rows for uh, rows in users.items()}, total

    def _forgotten(self, key: str, path: Path) -> dict[str, Any]:
        """What the users of a file of the lake contributed to the manifest and its catalogue."""
        manifest, table = self.manifest, key.split("/")[0]
        if manifest is None or table not in TABLES or table == "activity":
            return {}
        con, rows = self.con, without_users.rows_of_users(path, self.hashes)
        if table == "users":
            first = con.execute(f"SELECT uh, first_day FROM {rows}").fetchall()
            return {"first_day": {str(self.hashes[uh]): day for uh, day in first}}
        if table == "profiles":
            con.execute(f"CREATE OR REPLACE TEMP TABLE gone AS SELECT * FROM {rows}")
            traits = forgetting.forgotten_traits(con, "gone", self.details)
            return {"values": forgetting.to_json(traits)}
        names = list(manifest.event_names)
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE gone AS
            SELECT list_extract($names, event + 1) AS event, uh, day, properties FROM {rows}""",
            {"names": names},
        )
        events = con.execute("SELECT event, count(*) FROM gone GROUP BY event").fetchall()
        days = con.execute("SELECT day, count(*) FROM gone GROUP BY day").fetchall()
        values = forgetting.forgotten_events(con, "gone", self.details)
        return {
            "events": dict(events),
            "days": {str(day): n for day, n in days},
            "values": forgetting.to_json(values),
        }

    def _fetched(self, wanted: list[Version]) -> list[Path]:
        def fetch(number: int, version: Version) -> Path:
            # Of a landed file's name the ending alone: DuckDB takes [ and * for patterns.
            ending = "".join(Path(version.key.rpartition("/")[2]).suffixes[-2:]).lower()
            safe = "".join(letter for letter in ending if letter.isalnum() or letter == ".")
            path = self.scratch / f"{version.key.split('/')[0]}-{number}{safe}"
            return lake_versions.download(self.stores.objects, version, path)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(fetch, range(len(wanted)), wanted))


LANDED_NAMES = tuple(f"{folder.rstrip('/')}-" for folder in LANDED)
"""How copies of landed files begin in the scratch folder."""


def without(key: str, version: int) -> str:
    """Where a file of the lake is written anew by the erasure for a version of the list."""
    table, gen, name = key.split("/")
    base, mark, number = gen.rpartition("-e")
    return f"{table}/{rewritten_gen(base if mark and number.isdecimal() else gen, version)}/{name}"


def _is_ours(key: str, version: int) -> bool:
    """Whether an earlier try of this very run wrote a file of the lake."""
    return key.split("/")[0] in TABLES and without(key, version) == key


def _of_group(stores: Stores, group: int) -> dict[str, list[Version]]:
    """Every key with the users of a group, and its versions."""
    bucket = stores.objects
    ours = f"g={group:04d}."
    found: dict[str, list[Version]] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        gens = [gen for t in TABLES for gen in lake_versions.folders(bucket, f"{t}/")[0]]
        listed = list(pool.map(lambda gen: lake_versions.versions(bucket, f"{gen}{ours}"), gens))
    others = [top for top in lake_versions.folders(bucket, "")[0] if top not in OWN]
    for held in [*listed, *_below(stores, others)]:
        for version in held:
            if version.key.rpartition("/")[2].startswith(ours):
                found.setdefault(version.key, []).append(version)
    return found


def _below(stores: Stores, tops: Iterable[str]) -> Iterator[list[Version]]:
    """The versions of all keys in these folders and in those below them."""
    waiting = list(tops)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while waiting:
            found = list(pool.map(lambda f: lake_versions.folders(stores.objects, f), waiting))
            waiting = [folder for below, _ in found for folder in below]
            for _, loose in found:
                yield loose


def _of_key(stores: Stores, key: str) -> list[Version]:
    return [v for v in lake_versions.versions(stores.objects, key) if v.key == key]


def _form(path: Path) -> Any:
    """The format that a name says, None where it says none."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    form = FORMS.get((suffixes[:-1] if zipped else suffixes)[-1:][0] if suffixes else "")
    return None if zipped and form == "parquet" else form


def _escaped(path: Path) -> bool:
    """Whether a copy is of a file for people, whose ids may have been given an apostrophe."""
    return path.name.startswith(("exports-", "deliveries-"))
