"""One line of JSON per request, step or import: the log entry, and the metrics inside it.

CloudWatch takes metrics out of log lines in the embedded metric format (its specification:
docs.aws.amazon.com, "Specification: Embedded metric format"), so that measuring costs no call and
no library. A line has ids, counts and durations. Nothing that came from outside goes in: no path,
query, body, file content or error message, since each may name a user.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NAMESPACE = "IntentSegments"


@dataclass(frozen=True)
class Metric:
    """A measured value. `unit` is one of CloudWatch's. `by` names fields of the line that tell
    series apart, besides `service`, the stack; every combination of their values is billed as a
    metric of its own, so it names things of which there are few."""

    name: str
    value: float
    unit: str = "Count"
    by: tuple[str, ...] = ()


def tell(
    message: str,
    at: datetime,
    fields: Mapping[str, Any],
    metrics: Sequence[Metric] = (),
    level: str = "INFO",
) -> None:
    """Write a line to stdout, which Lambda sends to the log group. `at` is a UTC instant; `fields`
    are JSON values, among them those that metrics go `by`."""
    line: dict[str, Any] = {
        "timestamp": at.isoformat(),
        "level": level,
        "message": message,
        "service": os.environ.get("SERVICE", "intent-segments"),
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        **fields,
    }
    if trace := os.environ.get("_X_AMZN_TRACE_ID"):
        line["trace"] = trace.partition(";")[0].removeprefix("Root=")
    if metrics:
        line |= {metric.name: metric.value for metric in metrics}
        line["_aws"] = {
            "Timestamp": int(at.timestamp() * 1000),
            "CloudWatchMetrics": _directives(metrics),
        }
    print(json.dumps(line, ensure_ascii=False, default=str), file=sys.stdout, flush=True)


def where(error: BaseException) -> str:
    """The lines of code that an error came through, without its message or any value."""
    return "".join(traceback.format_tb(error.__traceback__))


def _directives(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """One directive per set of dimensions."""
    together: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        together.setdefault(metric.by, []).append(metric)
    return [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [["service", *by]],
            "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in alike],
        }
        for by, alike in together.items()
    ]
