"""The lake as tables: fetches exactly the files that are needed and opens them in DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from ..errors import InvalidInput
from .layout import SLOTS, group_of, slot_start
from .manifest import PANEL_USERS, Manifest, panel_bound
from .merge import ENTRY_DAY, placed_traits, rows_of
from .objects import Bucket
from .tables import SCHEMA, Tables, connect

READABLE = frozenset({"events", "activity", "users", "profiles"})


def open_lake(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    tables: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
    user_ids: bool = True,
) -> Tables:
    """Tables (`lake/tables.py`) of some user groups, read from the lake at `manifest`.

    `groups` are of 0..manifest.groups-1. `tables` names what is needed; the others are there and
    empty (`event_names` is always filled). `days` keeps events and activity of these local days,
    first and last included; None keeps all. `folder` holds the files fetched, and they are used
    again. `events`, and `activity` of a single part, are views over these files: they must stay
    until the connection is closed. Without `user_ids`, `users` lacks that column, which takes
    longer to read than all others together, and `profiles` may be a view too: for whoever reads
    each table once. Raises InvalidInput for an unknown group or table.
    """
    return _open(objects, manifest, groups, tables, days, folder, SLOTS, user_ids)


def open_panel(
    objects: Bucket,
    manifest: Manifest,
    tables: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
    at_least: int = PANEL_USERS,
) -> Tables:
    """Like `open_lake` for the panel: the users of the lowest hashes, `at_least` of them if there.

    The same users whatever the number of groups.
    """
    bound = panel_bound(manifest.users_per_slot, at_least)
    last = group_of(slot_start(bound) - 1, manifest.groups)
    return _open(objects, manifest, range(last + 1), tables, days, folder, bound, True)


def _open(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    tables: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
    bound: int,
    user_ids: bool,
) -> Tables:
    _check(manifest, groups, tables)
    # An undated trait is placed by its user's first day, so profiles need users.
    wanted = set(tables) | ({"users"} if "profiles" in tables else set())
    files = _fetch(objects, manifest, groups, wanted, days, folder)
    below = f" WHERE uh < {slot_start(bound)}" if bound < SLOTS else ""
    con = connect(folder)
    for name, columns in SCHEMA.items():
        if name not in wanted:
            con.execute(f"CREATE TABLE {name} ({columns})")
    names = list(enumerate(manifest.event_names))
    if names:
        con.executemany("INSERT INTO event_names VALUES (?, ?)", names)
    when = ""
    if days is not None:
        when = f"{' AND' if below else ' WHERE'} day >= {int(days[0])} AND day <= {int(days[1])}"
    if "events" in wanted:
        con.execute(
            "CREATE VIEW events AS SELECT uh, event, ts, day, properties "
            f"FROM ({rows_of('events', files['events'])}){below}{when}"
        )
    if "activity" in wanted:
        # Several parts are added up once, not at every question.
        form = "VIEW" if len(files["activity"]) == 1 else "TABLE"
        con.execute(
            f"CREATE {form} activity AS SELECT uh, event, day, n "
            f"FROM ({rows_of('activity', files['activity'])}){below}{when}"
        )
    if "users" in wanted:
        con.execute(
            f"CREATE TABLE users AS SELECT uh, {'user_id, ' if user_ids else ''}first_day, "
            f"CAST({ENTRY_DAY} AS INTEGER) AS entry_day "
            f"FROM ({rows_of('users', files['users'])}){below} ORDER BY uh"
        )
    if "profiles" in wanted:
        stored = f"(SELECT * FROM ({rows_of('profiles', files['profiles'])}){below})"
        dated = not con.execute(
            f"SELECT 1 FROM {stored} WHERE valid_from IS NULL LIMIT 1"
        ).fetchall()
        if dated and not user_ids and len(files["profiles"]) == 1:
            con.execute(f"CREATE VIEW profiles AS SELECT *, true AS dated FROM {stored}")
        else:
            con.execute(f"CREATE TABLE profiles AS {placed_traits(stored, 'users')}")
    return Tables(con, manifest.timezone)


def _fetch(
    objects: Bucket,
    manifest: Manifest,
    groups: Sequence[int],
    wanted: AbstractSet[str],
    days: tuple[int, int] | None,
    folder: Path,
) -> dict[str, list[list[Path]]]:
    """Local files by table, one list per part that has any, oldest part first."""
    keys: dict[str, list[list[str]]] = {}
    for table in sorted(wanted):
        pruned = days if table in ("events", "activity") else None
        listed = [part.keys(groups) for part in manifest.of(table) if part.overlaps(pruned)]
        keys[table] = [part for part in listed if part]
    flat = [key for parts in keys.values() for part in parts for key in part]
    paths = dict(zip(flat, objects.fetch(flat, folder), strict=True))
    return {
        table: [[paths[key] for key in part] for part in parts] for table, parts in keys.items()
    }


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
