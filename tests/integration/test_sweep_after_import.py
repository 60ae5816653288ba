"""Imports over weeks: what compaction replaced goes, and nobody who reads notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from intent_segments.events.open_files import open_files
from intent_segments.lake.compaction import MAX_PARTS
from intent_segments.lake.manifest import TABLES, read_manifest
from intent_segments.services.importing import ImportRequest, import_landed
from intent_segments.services.sweeping import sweep_replaced
from intent_segments.store.stores import Stores
from tests.unit.events.making import events
from tests.unit.lake.storing import contents, everything
from tests.unit.store.stack import a_goal, empty_stack, save

START = datetime(2026, 3, 1, 6, tzinfo=UTC)


@dataclass
class Account:
    """One import a day, each followed by its sweep, at the clock of the test."""

    stores: Stores
    folder: Path
    now: datetime = START

    def load(self, day: int) -> Path:
        self.now = START + timedelta(days=day)
        happened = (date(2026, 3, 1) + timedelta(days=day)).isoformat()
        path = events(
            self.folder / f"{day}.parquet", ("u", "a", happened), (f"u{day}", "a", happened)
        )
        key = f"landing/{day}/{path.name}"
        self.stores.objects.put(key, path.read_bytes())
        request = ImportRequest.from_event({"key": key, "kind": "events"})
        stores = self.stores
        import_landed(request, stores.head, stores.objects, 2, "UTC", self.folder / "cache")
        sweep_replaced(stores, self.now)
        return path

    def state(self) -> str:
        key = self.stores.head.read().manifest_key
        assert key is not None
        return key

    def generations(self) -> set[str]:
        keys = [key for table in TABLES for key in self.stores.objects.keys(f"{table}/")]
        return {key.split("/")[1] for key in keys}

    def named(self, key: str) -> set[str]:
        return {part.gen for part in read_manifest(self.stores.objects, key).parts}


def test_replaced_parts_go_and_a_goal_that_waits_for_its_set_up_keeps_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_stack() as stores:
        account = Account(stores, tmp_path)
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: account.now.replace(tzinfo=None))
        files = [account.load(day) for day in range(3)]
        saved_on = account.state()
        save(stores, a_goal(manifest_key=saved_on))
        files += [account.load(day) for day in range(3, MAX_PARTS + 2)]
        assert account.named(saved_on) - account.named(account.state())
        files += [account.load(day) for day in (30, 40)]
        assert account.named(saved_on) <= account.generations()

        stores.goals.archive("goal_1")
        files += [account.load(day) for day in (50, 60)]
        assert account.generations() == account.named(account.state())
        manifest = read_manifest(stores.objects, account.state())
        found = everything(stores.objects, manifest, tmp_path / "read")
        assert found["activity"] == contents(open_files(files))["activity"]
