"""The local stack by itself: template.yaml and the state machine around toy functions."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from intent_local.client import ApiClient, ApiError
from intent_local.stack.project import Project
from intent_local.stack.running import running_stack

SECONDS = 60


@pytest.fixture
def stack(toy_stack):
    return toy_stack


@pytest.fixture
def api(stack):
    return ApiClient(stack.api_url, stack.signer)


def run(stack, **given):
    """Start the state machine and wait; what describe_execution says at the end."""
    client = stack.client("stepfunctions")
    machine = stack.outputs["StateMachine"]
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]
    return eventually(
        lambda: client.describe_execution(executionArn=arn),
        lambda told: told["status"] != "RUNNING",
    )


def eventually(look, good):
    end = time.monotonic() + SECONDS
    while not good(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(0.05)
    return seen


def noted(stack, run_id):
    """What the functions wrote of a run into DynamoDB."""
    key = {"pk": {"S": "RUN"}, "sk": {"S": run_id}}
    item = stack.client("dynamodb").get_item(TableName=stack.outputs["Table"], Key=key).get("Item")
    return {} if item is None else {name: next(iter(v.values())) for name, v in item.items()}


@pytest.mark.parametrize(
    ("method", "path", "function", "route"),
    [
        ("GET", "/v1/health", "ApiFunction", "GET /v1/health"),
        ("GET", "/docs", "ApiFunction", "GET /docs"),
        ("GET", "/openapi.json", "ApiFunction", "GET /openapi.json"),
        ("GET", "/v1/goals/g/buckets", "ApiFunction", "GET /v1/{proxy+}"),
        ("POST", "/v1/goals", "ApiFunction", "POST /v1/{proxy+}"),
        ("POST", "/v1/previews", "QueryFunction", "POST /v1/previews"),
        (
            "GET",
            "/v1/goals/g/buckets/most_likely/users",
            "QueryFunction",
            "GET /v1/goals/{goal_id}/buckets/{bucket}/users",
        ),
        ("GET", "/v1/users/u/intents", "QueryFunction", "GET /v1/users/{user_id}/intents"),
        ("POST", "/v1/forecasts", "ForecastFunction", "POST /v1/forecasts"),
    ],
)
def test_every_route_reaches_its_function(api, method, path, function, route):
    told = api.get(path) if method == "GET" else api.post(path)
    assert function in told["function"]
    assert told["route"] == route


def test_what_has_no_route_is_refused(api):
    with pytest.raises(ApiError) as refused:
        api._send("LOCK", "/v1/goals", {})
    assert refused.value.status == 404


def test_a_user_id_with_odd_characters_arrives_as_it_is(api):
    told = api.get("/v1/users/ann%40example.org/intents")
    assert told["parameters"] == {"user_id": "ann@example.org"}


def test_parameters_of_the_template_reach_the_functions(api):
    assert api.get("/v1/health")["groups"] == "2"


def test_a_night_scores_every_group_and_publishes(stack):
    ended = run(stack, kind="night", date="2026-01-01")
    assert ended["status"] == "SUCCEEDED"
    seen = noted(stack, "night-2026-01-01")
    assert seen["scored_0"] and seen["scored_1"] and seen["published"]


def test_a_night_without_work_publishes_at_once(stack):
    assert run(stack, kind="night", date="2026-01-02", idle=True)["status"] == "SUCCEEDED"
    seen = noted(stack, "night-2026-01-02")
    assert seen["published"] and "scored_0" not in seen


def test_one_group_that_fails_fails_the_run_and_the_failure_is_recorded(stack):
    from intent_local.commands.nightly import reason

    ended = run(stack, kind="night", date="2026-01-03", fail=True)
    assert ended["status"] == "FAILED"
    assert "published" not in noted(stack, "night-2026-01-03")
    assert noted(stack, "night-2026-01-03")["failed"] == ended["cause"]
    assert "has no model" in reason(stack.client("stepfunctions"), ended)


def test_a_created_goal_starts_its_set_up_through_the_event_bus(stack):
    event = {
        "EventBusName": "intent-segments",
        "Source": "intent-segments",
        "DetailType": "GoalCreated",
        "Detail": json.dumps({"goal_id": "goal_1"}),
    }
    stack.client("events").put_events(Entries=[event])
    eventually(lambda: noted(stack, "setup-goal_1"), lambda seen: "published" in seen)


def test_the_schedule_starts_a_night_when_it_is_due(stack):
    scheduler = stack.client("scheduler")
    made = scheduler.list_schedules()["Schedules"]
    [name] = [s["Name"] for s in made if "NightlySchedule" in s["Name"]]
    nightly = scheduler.get_schedule(Name=name)
    assert nightly["ScheduleExpression"] == "cron(0 4 * * ? *)"
    assert nightly["State"] == "DISABLED"
    target = nightly["Target"] | {"Input": '{"kind": "night", "date": "2026-02-01"}'}
    scheduler.create_schedule(
        Name="soon",
        ScheduleExpression=datetime.now(UTC).strftime("at(%Y-%m-%dT%H:%M:%S)"),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={key: target[key] for key in ("Arn", "RoleArn", "Input")},
    )
    try:
        eventually(lambda: noted(stack, "night-2026-02-01"), lambda seen: "published" in seen)
    finally:
        scheduler.delete_schedule(Name="soon")


def test_a_warm_function_answers_within_a_tenth_of_a_second(api):
    api.get("/v1/health")
    took = []
    for _ in range(10):
        began = time.perf_counter()
        api.get("/v1/health")
        took.append(time.perf_counter() - began)
    assert sorted(took)[5] < 0.1


def test_a_command_that_meets_a_running_stack_uses_it_as_it_is(stack):
    with running_stack(Project(stack.home.root.parent / "project"), stack.home) as second:
        assert not second.started_here
        assert second.server == stack.server
        assert second.outputs["Authorization"] == "JWT"
    assert stack.server.is_healthy()
