"""Files that nobody can want any more are removed, and nothing else is, whatever happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from intent_segments.lake.manifest import (
    Manifest,
    Part,
    add_part,
    read_manifest,
    replace_run,
    write_manifest,
)
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import open_lake
from intent_segments.lake.sweep import Swept, sweep
from intent_segments.lake.tables import connect
from intent_segments.lake.writer import write_part

DAY = timedelta(days=1)
EMPTY = Manifest(0, 1, "UTC")
START = datetime(2026, 10, 1, 12, tzinfo=UTC)


@dataclass
class Lake:
    """Imports on days; each adds a part of one user, and may merge all that there are."""

    objects: Bucket
    folder: Path
    now: datetime = START
    manifest: Manifest = EMPTY
    key: str = ""

    def load(self, day: float, merge: bool = False, commit: bool = True) -> str:
        """The key of the manifest that the import on this day writes."""
        self.now = START + day * DAY
        gen = f"v{self.manifest.version}{'' if commit else '-lost'}"
        after = add_part(self.manifest, self.part(gen, [self.manifest.version]))
        if merge:
            whole = self.part(f"m{gen}", range(self.manifest.version + 1))
            after = replace_run(after, after.of("activity"), whole)
        after = replace(after, version=self.manifest.version + 1, details=f"catalogue/{gen}")
        self.objects.put(f"catalogue/{gen}/shown.json", b"{}")
        key = write_manifest(self.objects, after)
        if commit:
            self.manifest, self.key = after, key
        return key

    def part(self, gen: str, users: Iterable[int]) -> Part:
        listed = ", ".join(f"({user}, 0, 1, 1)" for user in users)
        rows = f"(SELECT * FROM (VALUES {listed}) t(uh, event, day, n))"
        made = write_part(connect(), rows, "activity", gen, 1, self.objects, self.folder)
        assert made is not None
        return made

    def sweep(self, day: float, *frozen: str) -> Swept:
        self.now = START + day * DAY
        return sweep(self.objects, self.key, frozen, self.now)

    def parts(self) -> list[str]:
        return sorted({key.split("/")[1] for key in self.objects.keys("activity/")})

    def read(self, key: str, folder: str) -> list[int]:
        """The users that a reader of a manifest finds, with nothing fetched before."""
        manifest = read_manifest(self.objects, key)
        where = self.folder / folder
        tables = open_lake(self.objects, manifest, [0], {"activity"}, None, where)
        return [
            uh for (uh,) in tables.con.execute("SELECT uh FROM activity ORDER BY uh").fetchall()
        ]


@pytest.fixture
def lake(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    made = Lake(bucket, tmp_path)
    monkeypatch.setattr("moto.s3.models.utcnow", lambda: made.now.replace(tzinfo=None))
    return made


def test_replaced_parts_go_after_a_week_with_the_documents_of_their_state(lake: Lake) -> None:
    lake.load(0)
    lake.load(1)
    lake.load(2, merge=True)
    lake.load(8)
    assert lake.sweep(8.01).removed == 0
    lake.load(20)
    # The parts v0 to v2, merged on day 2, and the documents of days 0 to 2.
    assert lake.sweep(20.01) == Swept(6)
    assert lake.parts() == ["mv2", "v3", "v4"]
    assert lake.objects.keys("catalogue/") == ["catalogue/v3/shown.json", "catalogue/v4/shown.json"]
    assert lake.read(lake.key, "r") == [0, 1, 2, 3, 4]


def test_a_reader_of_yesterdays_manifest_still_reads(lake: Lake) -> None:
    lake.load(0)
    lake.load(1)
    yesterday = lake.load(30)
    lake.load(31, merge=True)
    lake.sweep(31.01)
    assert lake.read(yesterday, "r") == [0, 1, 2]


def test_the_state_that_was_current_a_week_ago_is_kept_however_old_it_is(lake: Lake) -> None:
    lake.load(0)
    old = lake.load(1)
    lake.load(29, merge=True)
    lake.sweep(35)
    assert lake.read(old, "r") == [0, 1]
    lake.load(37)
    lake.sweep(37.01)
    assert lake.parts() == ["mv2", "v3"]


def test_a_frozen_state_is_kept_whole(lake: Lake) -> None:
    frozen = lake.load(0)
    lake.load(1, merge=True)
    lake.load(30)
    lake.load(40)
    lake.sweep(40.01, frozen)
    assert lake.read(frozen, "r") == [0]
    lake.load(41)
    lake.sweep(41.01)
    assert "v0" not in lake.parts()


def test_parts_of_an_import_that_never_committed_go_too_and_young_ones_stay(lake: Lake) -> None:
    lake.load(0)
    lake.load(1, commit=False)
    lake.load(19)
    lake.load(20)
    lake.load(20.1, commit=False)
    lake.sweep(21)
    assert lake.parts() == ["v0", "v1", "v2", "v3-lost"]


def test_an_import_that_never_committed_hides_no_state_that_did(lake: Lake) -> None:
    lake.load(0)
    current = lake.load(1)
    lake.load(2, commit=False)
    lake.load(30, merge=True)
    lake.sweep(31)
    assert lake.read(current, "r") == [0, 1]


def test_what_is_younger_than_the_current_manifest_is_never_touched(lake: Lake) -> None:
    """An import that repeats onto the present state writes its keys again: they are its own."""
    lake.load(0)
    lake.load(1, commit=False)
    assert lake.sweep(40).removed == 0
    lake.load(41)
    assert lake.sweep(42).removed > 0


def test_a_sweep_killed_in_the_middle_is_taken_up_by_the_next(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(5):
        lake.load(day)
    lake.load(6, merge=True)
    lake.load(20)
    lake.load(30)

    class Killed(BaseException):
        pass

    def some(objects: Bucket, keys: Iterable[str]) -> None:
        for key in list(keys)[:3]:
            objects.client.delete_object(Bucket=objects.name, Key=key)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Bucket, "delete", some)
        lake.sweep(30.01)
    assert lake.read(lake.key, "r1") == list(range(8))
    assert lake.sweep(30.02).removed > 0
    assert lake.parts() == ["mv5", "v6", "v7"]
    assert lake.sweep(30.03) == Swept(0)
    assert lake.read(lake.key, "r2") == list(range(8))


def test_many_imports_of_one_day_sweep_once(lake: Lake) -> None:
    lake.load(0)
    lake.load(1, merge=True)
    lake.load(20)
    lake.load(40)
    lake.load(40.1)
    assert lake.sweep(40.2) == Swept(0)
    lake.load(41)
    assert lake.sweep(41.1).removed > 0


def test_a_sweep_that_may_not_delete_says_so_and_harms_no_import(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.load(0)
    lake.load(1, merge=True)
    lake.load(20)
    lake.load(40)

    def denied(objects: Bucket, keys: Iterable[str]) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObjects")

    monkeypatch.setattr(Bucket, "delete", denied)
    done = lake.sweep(40.1)
    assert done.removed == 0 and done.problem is not None and "AccessDenied" in done.problem
