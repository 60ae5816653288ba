"""A goal's report as CSV for spreadsheets: one value with its interval per row.

RFC 4180. Text that a spreadsheet would take for a formula begins with an apostrophe; numbers are
written as they are, shares as parts of 1.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from ..lake.spreadsheets import safe_name

HEAD = ("part", "of", "date", "measure", "value", "low", "high")

Row = tuple[Any, ...]
Found = Mapping[str, Any]


def text(report: Found) -> str:
    """The whole file, with a line of column names."""
    written = StringIO(newline="")
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(HEAD)
    for row in _rows(report):
        rows.writerow([safe_name(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue()


def _rows(report: Found) -> Iterator[Row]:
    day = report["date"]
    for key in ("goal_id", "name", "status", "direction", "as_of", "starts_on", "ends_on"):
        yield "goal", "", day, key, report[key], "", ""
    yield "goal", "", day, "members", report["users"], "", ""
    yield "goal", "", day, "final", str(report["final"]).lower(), "", ""
    for sentence in report["summary"]:
        yield "summary", "", day, "sentence", sentence, "", ""
    yield from _outcome(report, day)
    for bucket in report["buckets"]:
        name = bucket["bucket"]
        yield "bucket", name, day, "members", bucket["users"], "", ""
        yield "bucket", name, day, "did", bucket["did"], "", ""
        yield "bucket", name, day, "predicted users", bucket["predicted_users"], "", ""
        yield "bucket", name, day, "rate", bucket["rate"], bucket["low95"], bucket["high95"]
    yield from _uplift(report["uplift"], day)
    for point in report["curve"]:
        said = point["predicted"]
        yield "curve", "", point["date"], "did", point["did"], "", ""
        if said is not None:
            yield (
                *("curve", "", point["date"], "predicted"),
                *(said["value"], said["low80"], said["high80"]),
            )


def _outcome(report: Found, day: str) -> Iterator[Row]:
    outcome = report["outcome"]
    if outcome is not None:
        bounds = outcome["intervals"].get("80", {"low": None, "high": None})
        yield "outcome", "users", day, "actual", outcome["actual"], "", ""
        yield (
            *("outcome", "users", day, "predicted", outcome["predicted"]),
            *(bounds["low"], bounds["high"]),
        )
    events = report["events"]
    if events is not None:
        yield "outcome", "events", day, "actual", events["actual"], "", ""
        yield (
            *("outcome", "events", day, "predicted", events["predicted"]),
            *(events["low80"], events["high80"]),
        )
    target = report["target"]
    if target is not None:
        yield "target", target["metric"], day, "wanted", target["value"], "", ""
        yield "target", target["metric"], day, "actual", target["actual"], "", ""


def _uplift(uplift: Found, day: str) -> Iterator[Row]:
    yield from _compared("uplift", "all", uplift, day)
    for part in uplift["by_bucket"]:
        yield from _compared("uplift", part["bucket"], part, day)
    for part in uplift["engagements"]:
        yield from _compared("engagement", part["engagement"]["name"], part, day)
    for tenth in (uplift["by_likelihood"] or {}).get("tenths", ()):
        name = f"tenth {tenth['tenth']}"
        yield "likelihood", name, day, "likelihood", tenth["likelihood"], "", ""
        yield from _estimate("likelihood", name, day, "difference", tenth["difference"])
    for metric in uplift["metrics"]:
        yield from _arms("metric users", metric["name"], metric["users"], day)
        yield from _estimate(
            "metric users", metric["name"], day, "difference", metric["users"]["repeated"]
        )
        amounts = metric["amounts"]
        for arm in ("test", "control"):
            each = amounts[arm]["per_user"]
            yield "metric amounts", metric["name"], day, f"{arm} per user", each, "", ""
        yield from _estimate(
            "metric amounts", metric["name"], day, "difference", amounts["repeated"]
        )
    for line in uplift["by_day"]:
        yield "lines", "test", line["date"], "forecast", line["forecast"], "", ""
        yield from _estimate("lines", "test", line["date"], "baseline", line["baseline"])
        yield "lines", "test", line["date"], "actual", line["actual"], "", ""
        yield from _estimate("lines", "test", line["date"], "incremental", line["incremental"])


def _compared(part: str, name: str, found: Found, day: str) -> Iterator[Row]:
    yield from _arms(part, name, found, day)
    for key in ("repeated", "difference", "always_valid", "relative", "incremental_users"):
        yield from _estimate(part, name, day, key, found[key])
    yield part, name, day, "verdict", found["verdict"], "", ""


def _arms(part: str, name: str, found: Found, day: str) -> Iterator[Row]:
    for arm in ("test", "control"):
        rated = found[arm]
        yield part, name, day, f"{arm} users", rated["users"], "", ""
        yield part, name, day, f"{arm} did", rated["did"], "", ""
        yield part, name, day, f"{arm} rate", rated["rate"], rated["low95"], rated["high95"]


def _estimate(part: str, name: str, day: str, measure: str, found: Found | None) -> Iterator[Row]:
    if found is not None:
        yield part, name, day, measure, found["value"], found["low95"], found["high95"]
