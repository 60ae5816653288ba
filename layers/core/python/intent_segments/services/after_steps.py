"""What is kept and told after each kind of step: the `after` of `measured`."""

from __future__ import annotations

from datetime import datetime

from ..errors import InsufficientHistory
from ..store.runs import plan_key_of
from ..store.stores import Stores
from ..telemetry.journal import Metric
from .forgotten import STARTED
from .measured import Done, Told
from .run_failures import cause_of
from .run_signals import Signals, signals_of
from .run_work import SWEPT, add_up_work, keep_work, shown_work


def after_job(stores: Stores, done: Done) -> Told:
    """After a step that others follow: its record, for the last one to add up. What an earlier
    start of the run has done keeps the record from then."""
    if done.answer.get("finished_before"):
        return Told({"finished_before": True})
    plan_key = done.answer.get("plan_key") or done.event.get("plan_key")
    if plan_key is not None:
        group = done.event.get("group")
        keep_work(stores, str(plan_key), None if group is None else int(group), done.work)
    return Told()


def after_plan(stores: Stores, done: Done) -> Told:
    """The same; where a night finds no day to close, none is late."""
    after_job(stores, done)
    told = {name: done.answer[name] for name in STARTED if name in done.answer}
    closes = str(done.run_id).startswith("night-")
    if done.event.get("kind") != "night" or closes:
        return Told(told)
    return Told(told | {"closes": None}, (Metric("RunLag", 0.0, "None"),))


def after_publish(stores: Stores, done: Done) -> Told:
    """After the last step: what the whole run took, and what a published night signals."""
    run = None if done.run_id is None else stores.runs.find(done.run_id)
    if run is None:
        return Told({"status": done.answer.get("status")})
    plan_key = str(done.event.get("plan_key") or plan_key_of(run))
    swept = {name: done.answer[name] for name in SWEPT if name in done.answer}
    work = shown_work(add_up_work(stores, run.run_id, plan_key, done.work, swept))
    now = datetime.fromisoformat(done.work.finished_at)
    told = {name: work[name] for name in ("users", "rows", "bytes_read", "bytes_written")}
    told |= {"kind": run.kind, "status": run.status, **swept}
    metrics = [
        Metric("UsersScored", work["users"], by=("kind",)),
        Metric("RowsRead", work["rows"], by=("kind",)),
        Metric("BytesRead", work["bytes_read"], "Bytes", ("kind",)),
        Metric("EstimatedDollars", work["estimated_dollars"], "None", ("kind",)),
    ]
    if run.started_at is not None:
        seconds = (now - datetime.fromisoformat(run.started_at)).total_seconds()
        metrics.append(Metric("RunSeconds", round(seconds, 3), "Seconds", ("kind",)))
    if "failed" in done.event:
        thin = cause_of(done.event["failed"])[0] == InsufficientHistory.__name__
        metrics.append(Metric("NeedsData", int(thin)))
    elif run.kind == "night" and run.status == "published":
        signals: Signals = signals_of(stores, run, now)
        metrics += signals.metrics()
    return Told(told, tuple(metrics))


def after_import(stores: Stores, done: Done) -> Told:
    """After an import: how much came, and how much of it was set aside."""
    report = done.answer
    if "failed" in report:
        return Told({"refused": report["failed"]["errorType"]}, (Metric("ImportsRefused", 1),))
    aside = report["set_aside"].items()
    # Rows of erased users are left out because they are in order, not because the file is not.
    rejected = sum(entry["count"] for reason, entry in aside if reason != "erased_user")
    told = {"kind": report["kind"], "rows": report["rows_read"], "rejected": rejected}
    metrics = (
        Metric("ImportSeconds", done.work.milliseconds / 1000, "Seconds", ("kind",)),
        Metric("ImportedRows", report["rows_read"]),
        Metric("RejectedRows", rejected),
        Metric("ImportedBytes", done.work.counts.bytes_read, "Bytes"),
    )
    return Told(told, metrics)


def after_roll_up(stores: Stores, done: Done) -> Told:
    """After a roll-up: the same, and the record of one that found anything."""
    report = done.answer
    if report.get("files"):
        ended = datetime.fromisoformat(done.work.finished_at)
        aside = {reason: entry["count"] for reason, entry in report["set_aside"].items()}
        names = ("files", "rows_read", "added", "duplicates", "left", "unreadable")
        kept = {name: report[name] for name in names} | {
            "ended_at": ended.isoformat(),
            "seconds": round(done.work.milliseconds / 1000, 3),
            "set_aside": aside,
            "version": report.get("version"),
            "watermark": report.get("watermark"),
        }
        stores.roll_ups.put(ended, kept)
    return after_import(stores, done)
