"""Who is told of what: alarms for everything that needs a human, a section of the runbook for each,
and queues behind everything that nobody waits for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from samtranslator.yaml_helper import yaml_parse

from intent_local.stack.deploy import LOCAL_PARAMETERS
from intent_local.stack.project import CHECKOUT, Project
from intent_local.stack.transform import local_template, state_machine
from intent_segments.services import after_steps, run_signals

RESOURCES: dict[str, Any] = yaml_parse((CHECKOUT / "template.yaml").read_text())["Resources"]
NESTED = {name: r for name, r in RESOURCES.items() if r["Type"] == "AWS::CloudFormation::Stack"}
PAGE = (CHECKOUT / "docs/operations.md").read_text("utf-8")


def child(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml_parse(
        (CHECKOUT / NESTED[name]["Properties"]["TemplateURL"]).read_text()
    )
    return document


ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for stack in NESTED
    for name, resource in child(stack)["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}


def of_type(kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


def watched(alarm: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(metric, value of its first dimension) of everything that an alarm looks at."""
    metrics = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", ()) if "MetricStat" in m]
    for metric in metrics or [alarm]:
        yield f"{metric['Namespace']}/{metric['MetricName']}", metric["Dimensions"][0]["Value"]


WATCHED = [pair for alarm in ALARMS.values() for pair in watched(alarm)]


@pytest.mark.parametrize("function", of_type("AWS::Serverless::Function"))
@pytest.mark.parametrize("metric", ["AWS/Lambda/Errors", "AWS/Lambda/Throttles"])
def test_every_function_has_an_alarm_of_its_errors_and_refused_calls(
    function: str, metric: str
) -> None:
    assert (metric, {"Ref": function}) in WATCHED
    given = [stack["Properties"]["Parameters"].get(function) for stack in NESTED.values()]
    assert {"Ref": function} in given


def test_every_parameter_of_a_nested_stack_is_given() -> None:
    for name, stack in NESTED.items():
        assert set(child(name)["Parameters"]) == set(stack["Properties"]["Parameters"]), name


def test_everything_that_nobody_waits_for_has_a_queue_for_its_failures_and_the_queue_an_alarm() -> (
    None
):
    targets = [t for rule in of_type("AWS::Events::Rule").values() for t in rule["Targets"]]
    targets += [schedule["Target"] for schedule in of_type("AWS::Scheduler::Schedule").values()]
    assert targets
    queues = {target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] for target in targets}
    # A queue that a function reads leaves aside what the function cannot take.
    read = {m["EventSourceArn"]["Fn::GetAtt"][0] for m in mappings()}
    for queue in read:
        policy = of_type("AWS::SQS::Queue")[queue]["RedrivePolicy"]
        queues.add(policy["deadLetterTargetArn"]["Fn::GetAtt"][0])
        assert ("AWS/SQS/ApproximateAgeOfOldestMessage", {"Ref": queue}) in WATCHED
    for queue in queues:
        assert ("AWS/SQS/ApproximateNumberOfMessagesVisible", {"Ref": queue}) in WATCHED
        given = [stack["Properties"]["Parameters"].get(queue) for stack in NESTED.values()]
        assert {"Fn::GetAtt": [queue, "QueueName"]} in given
    # The bucket calls nobody by itself: what happens in it goes to EventBridge, and on by rules.
    told = of_type("AWS::S3::Bucket")["Bucket"]["NotificationConfiguration"]
    assert list(told) == ["EventBridgeConfiguration"]


def mappings() -> list[dict[str, Any]]:
    """Queues whose messages Lambda hands to functions: a message that fails comes again alone."""
    found = list(of_type("AWS::Lambda::EventSourceMapping").values())
    assert all(m["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for m in found)
    return found


def skipped(zone: ZoneInfo, at: datetime) -> bool:
    """Whether clocks never show this time, since they go forward over it."""
    return at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at


def test_no_night_is_left_out_where_clocks_go_forward() -> None:
    """EventBridge Scheduler does not start at a time that a day does not have (its user guide,
    "Daylight savings time")."""
    schedules = of_type("AWS::Scheduler::Schedule").values()
    starts = [
        [time(int(hour), int(minutes)) for hour in hours.split(",")]
        for schedule in schedules
        if (found := re.fullmatch(r"cron\((\d+) ([\d,]+) .*", _expression(schedule)))
        for minutes, hours in [found.groups()]
    ]
    assert len(starts) == 2
    days = [datetime(2027, 1, 1) + timedelta(days=number) for number in range(365)]
    gone = set()
    for name in available_timezones():
        zone = ZoneInfo(name)
        for day in days:
            after = day + timedelta(days=1)
            if zone.utcoffset(day) == zone.utcoffset(after):
                continue
            for times in starts:
                if all(skipped(zone, datetime.combine(day, at)) for at in times):
                    gone.add(f"{name} on {day:%d %B}: {times}")
    assert not gone
    assert skipped(ZoneInfo("Europe/Kyiv"), datetime(2027, 3, 28, 3))


def _expression(schedule: dict[str, Any]) -> str:
    given = schedule["ScheduleExpression"]
    return given if isinstance(given, str) else ""


def tasks(states: dict[str, Any], inside: str | None = None) -> Iterator[tuple[str, Any, bool]]:
    """(name, task, whether it is in a map) of every Task state."""
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name, state, inside is not None
        if state["Type"] == "Map":
            assert state["Catch"], name
            yield from tasks(state["ItemProcessor"]["States"], name)


def test_every_task_is_tried_again_with_growing_waits_and_caught_in_the_end() -> None:
    text = (CHECKOUT / "infra/run.asl.yaml").read_text()
    found = list(tasks(state_machine(text, LOCAL_PARAMETERS)["States"]))
    assert {name for name, *_ in found} == {
        *("Plan", "Train", "ScoreUsers", "Deliver", "EraseUsers", "FinishErasing"),
        *("Publish", "RecordFailure"),
    }
    for name, task, in_map in found:
        [retry] = task["Retry"]
        assert retry["BackoffRate"] > 1 and retry["JitterStrategy"] == "FULL", name
        assert retry["MaxAttempts"] >= 3 and task["TimeoutSeconds"], name
        # What fails in a map is caught by the map.
        assert in_map or task["Catch"][0]["ErrorEquals"] == ["States.ALL"], name


def test_alarms_and_the_runbook_name_each_other() -> None:
    titles = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    sections = [name for title in titles for name in title.split(", ")]
    assert sorted(sections) == sorted(ALARMS)
    for name, alarm in ALARMS.items():
        assert alarm["AlarmName"] == {"Fn::Sub": "${Service}-" + name}
        assert alarm["AlarmDescription"].endswith(f"docs/operations.md, {name}")


@pytest.mark.parametrize("section", re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:])
def test_every_section_says_what_to_look_at_and_how_to_know_it_is_over(section: str) -> None:
    for word in ("Means", "Users notice", "Look", "Mend", "Over"):
        assert f"**{word}.**" in section, section.splitlines()[0]


def test_every_alarm_tells_the_topic_of_its_beginning_and_its_end() -> None:
    for name, alarm in ALARMS.items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "Topic"}], name


def test_alarms_watch_metrics_that_the_product_writes() -> None:
    sources = [after_steps.__file__, run_signals.__file__]
    written = {
        name
        for source in sources
        for name in re.findall(r'Metric\(\s*"(\w+)"', open(source).read())  # noqa: PTH123, SIM115
    }
    own = {m.removeprefix("IntentSegments/") for m, _ in WATCHED if m.startswith("IntentSegments/")}
    assert own and own <= written


def test_a_night_that_is_not_published_is_noticed_though_nothing_is_measured() -> None:
    late = ALARMS["RunLate"]
    assert late["TreatMissingData"] == "breaching"
    # A day and three hours: to 06:00 from 03:00, when a day can be closed.
    assert late["Period"] * late["EvaluationPeriods"] == 27 * 3600
    assert child("Alarms")["Resources"]["RunLate"]["Condition"] == "Scheduled"


def test_the_dashboard_is_one_page_of_json_with_all_sections() -> None:
    [dashboard] = child("Dashboard")["Resources"].values()
    body = json.loads(dashboard["Properties"]["DashboardBody"]["Fn::Sub"])
    titles = [w["properties"]["markdown"][3:] for w in body["widgets"] if w["type"] == "text"]
    assert titles == ["Requests", "Imports", "Nights", "Goals", "Cost"]


def test_a_laptop_has_no_alarms() -> None:
    template = local_template(Project(), LOCAL_PARAMETERS, lambda name, uri: "s3://bucket/key")
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::CloudFormation::Stack" not in types and "AWS::Lambda::Function" in types
