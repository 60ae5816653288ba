"""One line per request or step, which CloudWatch can take metrics out of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from intent_segments.telemetry.journal import Metric, tell, where

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return line


def test_a_line_says_when_which_stack_and_what(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE", "prod")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "prod-Api-1")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67-89;Parent=1;Sampled=1")
    tell("request", AT, {"status": 200})
    assert told(capsys) == {
        "timestamp": "2026-11-22T03:00:00+00:00",
        "level": "INFO",
        "message": "request",
        "service": "prod",
        "function": "prod-Api-1",
        "status": 200,
        "trace": "1-67-89",
    }


def test_metrics_follow_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    """Every name in a directive is a member of the line: what is not there is not measured."""
    metrics = (Metric("Rows", 7), Metric("Seconds", 1.5, "Seconds", ("kind",)), Metric("Bad", 0))
    tell("step", AT, {"kind": "events"}, metrics)
    line = told(capsys)
    assert line["_aws"]["Timestamp"] == 1_795_316_400_000
    plain, by_kind = line["_aws"]["CloudWatchMetrics"]
    assert plain == {
        "Namespace": "IntentSegments",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Bad", "Unit": "Count"}],
    }
    assert by_kind["Dimensions"] == [["service", "kind"]]
    for directive in (plain, by_kind):
        assert {*directive["Dimensions"][0], *(m["Name"] for m in directive["Metrics"])} <= set(
            line
        )
    assert (line["Rows"], line["Seconds"]) == (7, 1.5)


def test_where_an_error_came_from_is_code_without_values() -> None:
    secret = "-".join(["user", "17"])
    try:
        raise KeyError(secret)
    except KeyError as error:
        told = where(error)
    assert "test_journal.py" in told and "raise KeyError(secret)" in told
    assert secret not in told
