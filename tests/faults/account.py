"""A small account whose state can be taken, put back and compared."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any
from unittest.mock import patch

from moto.backends import get_backend

from intent_segments.services import training
from intent_segments.store.stores import Stores
from tests.fixtures.bus import Heard, listening
from tests.fixtures.nights import Nights, nights

ACCOUNT_ID = "123456789012"
"""moto's."""


@dataclass(frozen=True)
class State:
    """Every object by its key, every item of the table by its keys, and the events that the bus has
    taken: one that was sent twice counts once, as it does for whoever remembers ids."""

    objects: Mapping[str, bytes]
    items: Mapping[tuple[str, str], Any]
    events: frozenset[str] = frozenset()

    def differs_from(self, wanted: State) -> list[str]:
        """What is not as it should be, for people; empty when all is."""
        return [
            *_differences("object", self.objects, wanted.objects),
            *_differences("item", self.items, wanted.items),
            *(f"event {name} is lost" for name in sorted(wanted.events - self.events)),
            *(f"event {name} is left over" for name in sorted(self.events - wanted.events)),
        ]


@dataclass(frozen=True)
class Account:
    """One account in this process."""

    nights: Nights
    heard: set[str] = field(default_factory=set)

    @property
    def stores(self) -> Stores:
        return self.nights.stores

    @property
    def cache(self) -> Path:
        """The folder that a function's process keeps files in."""
        return self.nights.folder / "cache"

    def forget(self) -> None:
        """Go on in a process that has fetched nothing yet."""
        rmtree(self.cache, ignore_errors=True)

    def state(self) -> State:
        """All there is, as it is now."""
        # From behind moto's front: over the wire this alone would take most of the suite's time.
        bucket = get_backend("s3")[ACCOUNT_ID]["aws"].buckets["lake"]
        region = os.environ["AWS_DEFAULT_REGION"]
        table = get_backend("dynamodb")[ACCOUNT_ID][region].tables["intent"]
        items = [item.to_json()["Attributes"] for item in table.all_items()]
        return State(
            {key.name: bytes(key.value) for key in bucket.keys.values()},
            {(item["pk"]["S"], item["sk"]["S"]): item for item in items},
            frozenset(self.heard),
        )

    def hear(self, event: Heard) -> None:
        """Take down an event by its name and what it says; one that tells of a run which is not
        published is another one."""
        said = json.dumps(event.detail, sort_keys=True).encode()
        name = f"{event.name} {hashlib.sha256(said).hexdigest()[:12]}"
        run_id = event.detail.get("data", {}).get("run_id")
        run = self.state().items.get(("RUN", run_id))
        early = run_id is not None and (run is None or run["status"]["S"] != "published")
        self.heard.add(f"{name} before its run was published" if early else name)

    def restore(self, state: State) -> None:
        """Bring everything back to an earlier state."""
        now = self.state()
        self.stores.objects.delete(now.objects.keys() - state.objects.keys())
        for key, body in state.objects.items():
            if now.objects.get(key) != body:
                self.stores.objects.put(key, body)
        for pk, sk in now.items.keys() - state.items.keys():
            self._table("delete_item", Key={"pk": {"S": pk}, "sk": {"S": sk}})
        for place, item in state.items.items():
            if now.items.get(place) != item:
                self._table("put_item", Item=item)
        self.heard.clear()
        self.heard.update(state.events)
        self.forget()

    def _table(self, operation: str, **arguments: Any) -> Any:
        table = self.stores.table
        return getattr(table.client, operation)(TableName=table.name, **arguments)


@contextmanager
def accounts(folder: Path, groups: int = 2) -> Iterator[Account]:
    """A new account. What is learnt from the same question is learnt once in all its runs: a
    suite of hundreds of them has the time for everything but the fitting of trees."""
    learn = training.learn
    learnt: dict[str, Any] = {}

    def once(evidence: Any, terms: Any, given: Any, share: float) -> Any:
        question = json.dumps([terms.to_json(), given, share], sort_keys=True, default=str)
        if question not in learnt:
            learnt[question] = learn(evidence, terms, given, share)
        return learnt[question]

    with nights(folder, groups) as made, patch.object(training, "learn", once):
        account = Account(made)
        with listening(account.hear):
            yield account


def _differences(what: str, now: Mapping[Any, Any], then: Mapping[Any, Any]) -> list[str]:
    return [
        *(f"{what} {key} is lost" for key in sorted(then.keys() - now.keys())),
        *(f"{what} {key} is left over" for key in sorted(now.keys() - then.keys())),
        *(
            f"{what} {key} differs: {now[key]!r:.300} instead of {then[key]!r:.300}"
            for key in sorted(now.keys() & then.keys())
            if now[key] != then[key]
        ),
    ]
