"""Definitions that list users one by one, in DynamoDB and in the documents of runs, without the
users of an erasure run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..lake import versions as lake_versions
from ..lake.layout import user_hash
from ..lake.versions import Version
from ..segments.listed_users import without_users
from ..store import engagements, exports, forecasts, goals, segments
from ..store.stores import Stores
from ..store.table import Action, TransactionRefused
from .erasure_plan import ErasurePlan

DEFINED: Mapping[str, tuple[str, ...]] = {
    segments.PK: ("definition",),
    goals.PK: ("definition",),
    exports.PK: ("definition",),
    forecasts.PK: ("definition",),
    engagements.PK: ("audience", "definition"),
}
"""Partition -> where its items, which have their own `id`, keep a definition."""
LAST = "\uffff"
AT_ONCE = 8
JOB = "definitions"


def count_definitions(stores: Stores, plan: ErasurePlan, hashes: Mapping[int, int]) -> None:
    """Write down how many definitions list each user, before any is changed; once."""
    key = plan.found_key(JOB)
    if key in stores.objects.keys(key):
        return
    counts: dict[str, int] = {}
    for _, _, definition in _listing(stores, hashes):
        for uh in _listed(definition) & hashes.keys():
            position = str(hashes[uh])
            counts[position] = counts.get(position, 0) + 1
    stores.objects.put_json(key, counts)


def definition_counts(stores: Stores, plan: ErasurePlan) -> dict[int, int]:
    """Position -> definitions that listed the user."""
    found = stores.objects.get_json(plan.found_key(JOB))
    return {int(position): n for position, n in found.items()}


def clean_items(stores: Stores, hashes: Collection[int]) -> None:
    """Take the users out of the definitions of segments, goals, exports and forecasts. An item that
    is changed by others meanwhile is looked at again."""
    waiting = True
    while waiting:
        waiting = False
        for pk, sk, definition in _listing(stores, hashes):
            names = {f"#{i}": name for i, name in enumerate(DEFINED[pk])}
            place = ".".join(names)
            changed = Action(
                pk,
                sk,
                update=f"SET {place} = :new",
                condition=f"{place} = :old",
                names=names,
                values={":new": without_users(definition, hashes), ":old": definition},
            )
            try:
                stores.table.apply(changed)
            except TransactionRefused:
                waiting = True


def clean_documents(stores: Stores, hashes: Collection[int]) -> None:
    """The same in plans of runs and what lies beside them, in all versions."""
    bucket = stores.objects

    def clean(held: list[Version]) -> None:
        gone = []
        for version in held:
            if version.marker:
                continue
            document = json.loads(lake_versions.read(bucket, version))
            left = _without(document, hashes)
            if left == document:
                continue
            gone.append(version.id)
            if version.latest:
                bucket.put_json(version.key, left)
        if gone:
            now = lake_versions.versions(bucket, held[0].key)
            lake_versions.remove(bucket, [v for v in now if v.id in gone and not v.latest])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(clean, _documents(stores)))


def _documents(stores: Stores) -> Iterator[list[Version]]:
    """The versions of each document that lies in the folder of a run or of one of its plans; what a
    run writes for each group, below, has no definitions."""
    bucket = stores.objects
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(pool.map(lambda f: lake_versions.folders(bucket, f), _of(bucket, "runs/")))
        plans = [folder for below, _ in runs for folder in below]
        below = list(pool.map(lambda f: lake_versions.folders(bucket, f), plans))
    for _, loose in [*runs, *below]:
        for key in sorted({version.key for version in loose}):
            if key.endswith(".json") and not key.endswith("/shards.json"):
                yield [version for version in loose if version.key == key]


def _of(bucket: Any, prefix: str) -> list[str]:
    return lake_versions.folders(bucket, prefix)[0]


def _listing(stores: Stores, hashes: Collection[int]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(partition, id, definition) of every item whose definition lists one of the users."""
    for pk, place in DEFINED.items():
        for item in stores.table.between(pk, "!", LAST):
            found: Any = item
            for name in place:
                found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, dict) and _listed(found) & set(hashes):
                yield pk, item["id"], found


def _listed(definition: Mapping[str, Any]) -> set[int]:
    inner = [*definition.get("all", ()), *definition.get("any", ())]
    if "not" in definition:
        inner.append(definition["not"])
    found = {user_hash(user) for user in definition.get("users", ())}
    return found.union(*map(_listed, inner))


def _without(document: Any, hashes: Collection[int]) -> Any:
    """A JSON value with every `definition` in it without the users."""
    if isinstance(document, list):
        return [_without(entry, hashes) for entry in document]
    if not isinstance(document, dict):
        return document
    return {
        key: without_users(value, hashes)
        if key == "definition" and isinstance(value, dict)
        else _without(value, hashes)
        for key, value in document.items()
    }
