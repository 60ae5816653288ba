"""The whole job through the functions as `make build` made them, on the Python that AWS runs.

Nothing is on their path but their code and their layers: what works on a laptop because the
project's environment has it, and would be missing in Lambda, fails here. AWS is the embedded one.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import date, timedelta

import pytest

from infra.find_python import find
from infra.sizes import LIMIT, MARGIN
from intent_local.stack import server
from intent_local.stack.aws import local_client
from intent_local.stack.home import Home
from intent_segments.events.synthetic import make_world
from tests.artefacts import machine
from tests.artefacts.runtime_host import FunctionHost

pytestmark = pytest.mark.skipif(machine.why_not() is not None, reason=str(machine.why_not()))

DAYS = 150
AS_OF = date(2025, 1, 1) + timedelta(days=119)
ENDS_ON = AS_OF + timedelta(days=14)


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("artefacts"))
    running = server.start(home)
    local_client(running, "s3").create_bucket(Bucket="lake")
    local_client(running, "dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    yield running
    server.stop(home, running)


@pytest.fixture(scope="module")
def call(aws):
    """`call("Api", event)`: what the built function returns; one process per function."""
    built, hosts = machine.functions(), {}
    with ExitStack() as stack:

        def invoke(name, event):
            if name not in hosts:
                hosts[name] = stack.enter_context(host(built[name], aws))
            answer = hosts[name].invoke(event)
            assert answer.error is None, answer.payload
            return answer.payload

        yield invoke


def host(function, aws):
    variables = {k: v for k, v in function.environment.items() if isinstance(v, str)}
    return FunctionHost(
        python=find("3.13"),
        code=function.code,
        layers=machine.layers_of(function),
        runtime=(machine.runtime(),),
        handler=function.handler,
        seconds=120,
        environment=variables
        | {
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_REGION": server.REGION,
            "AWS_DEFAULT_REGION": server.REGION,
            "AWS_ACCESS_KEY_ID": server.ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "TABLE": "table",
            "BUCKET": "lake",
            "EVENT_BUS": "default",
            "GROUPS": "2",
            "TIMEZONE": "Europe/Berlin",
            "API_AUTHORIZATION": "NONE",
        },
    )


def request(method, path, body=None):
    """An HTTP API event of payload format 2.0."""
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1", "protocol": "HTTP/1.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {**http, "userAgent": ""}, "stage": "$default"},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def answered(call, name, *args):
    """The JSON of a good answer of the HTTP API."""
    answer = call(name, request(*args))
    assert answer["statusCode"] < 300, answer
    return json.loads(answer["body"])


def test_every_function_leaves_room_for_the_next_release_of_its_wheels():
    for function in machine.functions().values():
        assert function.bytes <= LIMIT - MARGIN, function.name


def test_the_job_runs_on_what_was_built(aws, call, tmp_path):
    written = make_world(4_000, seed=7, days=DAYS).write(tmp_path)
    s3 = local_client(aws, "s3")
    s3.upload_file(str(written.events), "lake", "landing/1/events.parquet")
    landed = {"key": "landing/1/events.parquet", "kind": "events", "until": AS_OF.isoformat()}
    assert call("ImportEvents", landed)["added"] > 0

    assert answered(call, "Api", "GET", "/v1/health")
    assert answered(call, "Api", "GET", "/openapi.json")["openapi"].startswith("3.1")
    seen = answered(call, "Api", "GET", "/v1/events")["data"]
    event = seen[-1]["event"]
    definition = {"did": {"event": seen[0]["event"]}}
    assert answered(call, "Query", "POST", "/v1/previews", {"definition": definition})["users"] > 0

    draft = {"segment_id": "all-users", "events": [event], "ends_on": ENDS_ON.isoformat()}
    forecast = answered(call, "Forecast", "POST", "/v1/forecasts", draft)
    assert forecast["value"] > 0

    goal = {"name": "artefact", "forecast_id": forecast["id"]}
    goal_id = answered(call, "Api", "POST", "/v1/goals", goal)["id"]
    plan = call("PlanRun", {"kind": "goal_setup", "goal_id": goal_id})
    assert plan["has_work"]
    call("TrainModel", plan)
    shards = json.loads(s3.get_object(Bucket="lake", Key=plan["shards_key"])["Body"].read())
    for shard in shards:
        assert call("ScoreUsers", shard) == {"group": shard["group"]}
    assert call("RecordProgress", plan)["status"] == "published"
    assert answered(call, "Api", "GET", f"/v1/goals/{goal_id}")["status"] == "active"
    users = answered(call, "Query", "GET", f"/v1/goals/{goal_id}/buckets/most_likely/users")
    assert users["data"]
