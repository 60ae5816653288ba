"""The lake as tables: fetches exactly the files that are needed and opens them in DuckDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..errors import InvalidInput
from .layout import SLOTS, group_of, slot_start
from .manifest import PANEL_USERS, Manifest, Part, panel_bound
from .merge import ENTRY_DAY, placed_traits, rows_of, side_by_side
from .objects import Bucket
from .tables import SCHEMA, Tables, connect

READABLE = frozenset({"events", "activity", "users", "profiles"})


@dataclass(frozen=True)
class SingleEvents:
    """Which single events are going to be read: of these names and these local days, first and last
    included; None stands for all. Files that hold none of them are not fetched."""

    names: AbstractSet[str] | None = None
    days: tuple[int, int] | None = None


def open_lake(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    tables: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
    user_ids: bool = True,
    single: SingleEvents | None = None,
    once: bool = False,
    without: Collection[int] = (),
) -> Tables:
    """Tables (`lake/tables.py`) of some user groups, read from the lake at `manifest`.

    `groups` are of 0..manifest.groups-1. `tables` names what is needed; the others are there and
    empty (`event_names` is always filled). `days` keeps events and activity of these local days,
    first and last included; None keeps all. `folder` holds the files fetched, and they are used
    again. `events`, and `activity` of a single part, are views over these files: they must stay
    until the connection is closed. Without `user_ids`, `users` lacks that column, which takes
    longer to read than all others together, and `profiles` may be a view too: for whoever reads
    each table once. `single` narrows `events` to what is asked of them; other rows may be there or
    not. With `once` all tables are views, for whoever asks one question and no more, and rows of
    `activity` may have to be added up still (`Tables.added_up`). Users whose hash is in `without`
    are left out of all tables.
    Raises InvalidInput for an unknown group or table.
    """
    gone = frozenset(without)
    wanted = _Wanted(tables, days, user_ids, single or SingleEvents(), once, gone)
    return _open(objects, manifest, groups, wanted, folder, SLOTS)


def open_panel(
    objects: Bucket,
    manifest: Manifest,
    tables: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
    at_least: int = PANEL_USERS,
    *,
    single: SingleEvents | None = None,
    user_ids: bool = True,
    without: Collection[int] = (),
) -> Tables:
    """Like `open_lake` for the panel: the users of the lowest hashes, `at_least` of them if there.

    The same users whatever the number of groups.
    """
    bound = panel_bound(manifest.users_per_slot, at_least)
    last = group_of(slot_start(bound) - 1, manifest.groups)
    gone = frozenset(without)
    wanted = _Wanted(tables, days, user_ids, single or SingleEvents(), False, gone)
    return _open(objects, manifest, range(last + 1), wanted, folder, bound)


def bytes_of(
    manifest: Manifest, tables: AbstractSet[str], single: SingleEvents | None = None
) -> int:
    """The size of all files of all groups that `open_lake` would fetch for these tables."""
    wanted = _Wanted(tables, None, True, single or SingleEvents(), once=False)
    parts = [part for part in manifest.parts if part.table in wanted.tables]
    return sum(part.bytes for part in parts if _holds_any(part, manifest, wanted))


@dataclass(frozen=True)
class _Wanted:
    asked: AbstractSet[str]
    days: tuple[int, int] | None
    user_ids: bool
    single: SingleEvents
    once: bool
    without: frozenset[int] = frozenset()

    @property
    def tables(self) -> set[str]:
        """An undated trait is placed by its user's first day, so profiles need users."""
        return set(self.asked) | ({"users"} if "profiles" in self.asked else set())


def _open(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    wanted: _Wanted,
    folder: Path,
    bound: int,
) -> Tables:
    _check(manifest, groups, wanted.asked)
    days, once = wanted.days, wanted.once
    files = _fetch(objects, manifest, groups, wanted, folder)
    below = _those(manifest, groups, wanted, bound)
    con = connect(folder)
    absent = [name for name in SCHEMA if name not in wanted.tables]
    con.execute("; ".join(f"CREATE TABLE {name} ({SCHEMA[name]})" for name in absent))
    names = list(manifest.event_names)
    con.execute(
        "INSERT INTO event_names SELECT unnest($codes), unnest($names)",
        {"codes": list(range(len(names))), "names": names},
    )
    when = ""
    if days is not None:
        when = f"{' AND' if below else ' WHERE'} day >= {int(days[0])} AND day <= {int(days[1])}"
    if "events" in wanted.tables:
        con.execute(
            "CREATE VIEW events AS SELECT uh, event, ts, day, properties "
            f"FROM ({rows_of('events', files['events'])}){below}{when}"
        )
    several = len(files.get("activity", ())) > 1
    parts = [part for part in manifest.of("activity") if _holds_any(part, manifest, wanted)]
    if "activity" in wanted.tables:
        # Parts are added up once for several questions; a single one adds up what it reads.
        rows = side_by_side if once else rows_of
        con.execute(
            f"CREATE {'TABLE' if several and not once else 'VIEW'} activity AS "
            "SELECT uh, event, day, n "
            f"FROM ({rows('activity', files['activity'])}){below}{when}"
        )
    if "users" in wanted.tables:
        con.execute(
            f"CREATE {'VIEW' if once else 'TABLE'} users AS "
            f"SELECT uh, {'user_id, ' if wanted.user_ids else ''}first_day, "
            f"CAST({ENTRY_DAY} AS INTEGER) AS entry_day "
            f"FROM ({rows_of('users', files['users'])}){below}{'' if once else ' ORDER BY uh'}"
        )
    if "profiles" in wanted.tables:
        stored = f"(SELECT * FROM ({rows_of('profiles', files['profiles'])}){below})"
        dated = not con.execute(
            f"SELECT 1 FROM {stored} WHERE valid_from IS NULL LIMIT 1"
        ).fetchall()
        if dated and (once or (not wanted.user_ids and len(files["profiles"]) == 1)):
            con.execute(f"CREATE VIEW profiles AS SELECT *, true AS dated FROM {stored}")
        else:
            form = "VIEW" if once else "TABLE"
            con.execute(f"CREATE {form} profiles AS {placed_traits(stored, 'users')}")
    added_up = not once or _share_no_day(parts)
    return Tables(con, manifest.timezone, added_up, wanted.without)


def _those(manifest: Manifest, groups: Sequence[int], wanted: _Wanted, bound: int) -> str:
    """SQL for which users are wanted: below a slot, and none of those to be left out."""
    read = set(groups)
    gone = sorted(uh for uh in wanted.without if group_of(uh, manifest.groups) in read)
    tests = [f"uh < {slot_start(bound)}"] if bound < SLOTS else []
    tests += [f"uh NOT IN ({', '.join(map(str, gone))})"] if gone else []
    return f" WHERE {' AND '.join(tests)}" if tests else ""


def _fetch(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    wanted: _Wanted,
    folder: Path,
) -> dict[str, list[list[Path]]]:
    """Local files by table, one list per part that has any, oldest part first."""
    keys: dict[str, list[list[str]]] = {}
    for table in sorted(wanted.tables):
        parts = [part for part in manifest.of(table) if _holds_any(part, manifest, wanted)]
        keys[table] = [part for part in (p.keys(groups) for p in parts) if part]
    flat = [key for parts in keys.values() for part in parts for key in part]
    paths = dict(zip(flat, objects.fetch(flat, folder), strict=True))
    return {
        table: [[paths[key] for key in part] for part in parts] for table, parts in keys.items()
    }


def _holds_any(part: Part, manifest: Manifest, wanted: _Wanted) -> bool:
    """Whether a part can hold a row that is wanted, by what the manifest says of it."""
    if part.table not in ("events", "activity"):
        return True
    if not part.overlaps(wanted.days):
        return False
    single = wanted.single
    if part.table == "activity" or single.names is None:
        return part.table == "activity" or part.overlaps(single.days)
    codes = {code for code, name in enumerate(manifest.event_names) if name in single.names}
    return part.overlaps(single.days) and part.holds(codes)


def _share_no_day(parts: Sequence[Part]) -> bool:
    """Whether no day has rows in two parts, as where every night loads its day."""
    spans = sorted((part.from_day or 0, part.to_day or 0) for part in parts)
    return all(before[1] < after[0] for before, after in pairwise(spans))


def _check(manifest: Manifest, groups: Sequence[int], tables: AbstractSet[str]) -> None:
    unknown = set(tables) - READABLE
    if unknown:
        raise InvalidInput.at(
            "tables", f"tables must be of {sorted(READABLE)}, not {sorted(unknown)}"
        )
    outside = [g for g in groups if not 0 <= g < manifest.groups]
    if outside:
        raise InvalidInput.at(
            "groups", f"groups must be of 0..{manifest.groups - 1}, not {outside[0]}"
        )
