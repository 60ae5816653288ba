"""The end of an erasure run, after all groups: the lake is committed without the users, what names
them elsewhere is changed, every old version goes, and only then their list says that it is done."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import CorruptObject, NotFound, Raced
from ..lake import versions as lake_versions
from ..lake.calendar import to_day
from ..lake.erased import keyed, read_done, write_done
from ..lake.layout import group_of
from ..lake.tables import connect
from ..store import erasures as erasure_store
from ..store import exports as export_store
from ..store import sends as send_store
from ..store.erasures import ErasedList
from ..store.stores import Stores
from ..store.table import Action, TransactionRefused
from .erasure_commit import LATE, commit, remove_old_files, rewrite_older_states
from .erasure_definitions import clean_documents, clean_items, count_definitions, definition_counts
from .erasure_models import flag_models, remove_unused_models
from .erasure_plan import PREFIX, ErasurePlan, Found, read_found
from .erasure_scan import Eraser

ATTEMPTS = 8
DONE = "erasures/done/"
LISTS = "erasures/"
KINDS = {
    "events": "events",
    "profiles": "traits",
    "targets": "target_groups",
    "scores": "scores",
    "exports": "exported",
    "deliveries": "exported",
    "landing": "landed",
    "rejected": "landed",
    "calls": "landed",
}
"""Folder of the bucket -> what its rows are called; those of `activity` and `users` are counted as
events, those of other folders as `others`."""


def finish_erasing(
    stores: Stores, event: Mapping[str, Any], folder: Path, now: datetime
) -> dict[str, Any]:
    """Do what {"plan_key"} has left to do once every group is done; returns the event. Can be
    repeated at any point. Raises CorruptObject when a group is missing, Raced."""
    plan = ErasurePlan.from_json(stores.objects.get_json(event["plan_key"]))
    ours = set(plan.erasures)
    pending = [h for h in stores.erasures.current().pending if h.erasure_id in ours]
    if pending:
        hashes = plan.hashes(pending)
        found = _found(stores, plan, hashes)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as scratch:
            eraser = Eraser(stores, plan, hashes, Path(scratch))
            count_definitions(stores, plan, hashes)
            commit(eraser, found)
            rewrite_older_states(eraser, found, now)
            clean_items(stores, hashes)
            clean_documents(stores, hashes)
            _mend_exports(stores, found)
            flag_models(stores, plan, hashes, found, now)
            remove_unused_models(stores, now)
            remove_old_files(eraser, found)
            _settle(stores, plan, Path(scratch), now)
    _remove_older_lists(stores)
    if any(stores.erasures.get(one).status == "pending" for one in plan.erasures):
        _tell(stores, plan, now)
    _remove_found(stores, plan)
    stores.erasures.closed(str(event["plan_key"]))
    return dict(event)


def _found(stores: Stores, plan: ErasurePlan, hashes: Mapping[int, int]) -> Found:
    """What all jobs have found. Raises CorruptObject when one of the groups did not say."""
    there = set(stores.objects.keys(plan.found_prefix))
    groups = sorted({group_of(uh, plan.groups) for uh in hashes})
    missing = [group for group in groups if plan.found_key(f"g={group:04d}") not in there]
    if missing:
        raise CorruptObject(
            f"{plan.run_id} lacks what {len(missing)} of {len(groups)} groups have found: their "
            "jobs did not finish. Nothing was committed; start the run again."
        )
    return _together(stores, plan)


def _together(stores: Stores, plan: ErasurePlan) -> Found:
    whole = Found()
    for key in stores.objects.keys(plan.found_prefix):
        name = key.removeprefix(plan.found_prefix)
        if name.startswith(("g=", "file-", f"{LATE}.")):
            whole.add(read_found(stores, key))
    return whole


def _mend_exports(stores: Stores, found: Found) -> None:
    """Have exports, and sends that are files, say how many rows and bytes their files have now."""
    for key, entry in found.counts():
        match key.split("/"):
            case ["exports", export_id, name]:
                pk, sk = export_store.PK, export_id
            case ["deliveries", engagement_id, send, name]:
                pk, sk = send_store.partition(engagement_id), send
            case _:
                continue
        if not entry["rows"]:
            continue
        rows = entry["total"] - sum(entry["rows"].values())
        number = int(name.removeprefix("g=").split(".")[0])
        file = {"rows": rows, "bytes": stores.objects.size(key) or 0}
        mended = Action(
            pk,
            sk,
            update=f"SET files[{number}] = :file",
            condition="attribute_exists(files)",
            values={":file": file},
        )
        with suppress(TransactionRefused):  # it was never ready, or its days are over
            stores.table.apply(mended)


def _settle(stores: Stores, plan: ErasurePlan, scratch: Path, now: datetime) -> None:
    """Move the users from those who are hidden to those who have been erased, whose hashes are
    keyed. Raises Raced when requests won ATTEMPTS times."""
    ours = set(plan.erasures)
    through = {one: stores.erasures.get(one).through for one in plan.erasures}
    for _ in range(ATTEMPTS):
        listed = stores.erasures.current()
        moving = [h for h in listed.pending if h.erasure_id in ours]
        if not moving:
            return
        days = _done(stores, listed, scratch)
        for hidden in moving:
            key = keyed(hidden.uh, listed.salt)
            last = to_day(date.fromisoformat(through[hidden.erasure_id]))
            days[key] = max(last, days.get(key, last))
        path = scratch / "done.parquet"
        with connect(scratch) as con:
            write_done(con, days, path)
        done_key = f"{DONE}{listed.version + 1:08d}-{plan.run_id}.parquet"
        stores.objects.upload({done_key: path})
        left = [h for h in listed.pending if h.erasure_id not in ours]
        try:
            at = now.isoformat()
            stores.table.apply(stores.erasures.move(listed, left, done_key, plan.plan_key, at))
        except TransactionRefused:
            continue
        return
    raise Raced("Many erasures are being asked for at this moment; start the run again.")


def _done(stores: Stores, listed: ErasedList, scratch: Path) -> dict[str, int]:
    if listed.done_key is None:
        return {}
    path = stores.objects.download(listed.done_key, scratch / "done-before.parquet")
    with connect(scratch) as con:
        return read_done(con, path)


def _remove_older_lists(stores: Stores) -> None:
    """Delete the lists that have been replaced. One with a higher version may be about to become
    the current one."""
    listed = stores.erasures.current()
    keep = {listed.pending_key, listed.done_key}
    gone = [
        version
        for version in lake_versions.versions(stores.objects, LISTS)
        if version.key not in keep and _version_of(version.key) <= listed.version
    ]
    lake_versions.remove(stores.objects, gone)


def _remove_found(stores: Stores, plan: ErasurePlan) -> None:
    """Delete what the jobs wrote down, those too of runs that stopped for good before this one."""
    bucket = stores.objects
    for folder in lake_versions.folders(bucket, "runs/")[0]:
        run_id = folder.split("/")[1]
        if run_id.startswith(PREFIX) and run_id <= plan.run_id:
            lake_versions.remove(bucket, lake_versions.versions(bucket, f"{folder}found/"))


def _version_of(key: str) -> int:
    return int(key.rpartition("/")[2].split("-")[0])


def _tell(stores: Stores, plan: ErasurePlan, now: datetime) -> None:
    """Say of each erasure what went, and that it is done."""
    found, definitions = _together(stores, plan), definition_counts(stores, plan)
    models = _flagged(stores, plan)
    for position, erasure_id in enumerate(plan.erasures):
        removed = dict.fromkeys((*dict.fromkeys(KINDS.values()), "others", "versions"), 0)
        for key, entry in found.counts():
            folder = key.split("/")[0]
            mine = entry["rows"].get(str(position), 0)
            if folder not in ("activity", "users") and entry.get("counts", True):
                removed[KINDS.get(folder, "others")] += mine
            removed["versions"] += sum(str(position) in old for old in entry["old"].values())
        removed["definitions"] = definitions.get(position, 0)
        done = Action(
            erasure_store.PK,
            erasure_id,
            update="SET #s = :done, done_at = :now, removed = :removed, goals = :goals",
            condition="#s = :pending",
            names={"#s": "status"},
            values={
                ":done": "done",
                ":pending": "pending",
                ":now": now.isoformat(),
                ":removed": removed,
                ":goals": models.get(str(position), []),
            },
        )
        with suppress(TransactionRefused):  # an earlier try came so far
            stores.table.apply(done)


def _flagged(stores: Stores, plan: ErasurePlan) -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = stores.objects.get_json(plan.found_key("models"))
    except NotFound:
        return {}
    return found
