"""What template.yaml promises: closed by default, least privilege, everything in its place."""

from __future__ import annotations

import fnmatch
import gc
import re
import tomllib

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.conditions import resolved
from infra.parameters import page
from intent_local.stack.project import CHECKOUT, Project
from intent_local.stack.transform import cloudformation_template
from intent_segments.api.operations import OPERATIONS
from intent_segments.store.exports import KEPT

DOCUMENT = yaml_parse((CHECKOUT / "template.yaml").read_text())
RESOURCES = DOCUMENT["Resources"]
WHOLE = cloudformation_template(Project())
FUNCTIONS = {n: r for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
ROUTES = {
    r["Properties"]["RouteKey"]: r["Properties"]
    for r in RESOURCES.values()
    if r["Type"] == "AWS::ApiGatewayV2::Route"
}
OPEN = {operation.route for operation in OPERATIONS if operation.is_open}


def statements(function):
    for policy in FUNCTIONS[function]["Properties"]["Policies"]:
        yield from policy["Statement"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def may(function, action, key):
    """Whether a function may do an S3 action on a key of the bucket."""
    return any(
        action in as_list(statement["Action"])
        and fnmatch.fnmatch(key, resource["Fn::Sub"].split("}/", 1)[1])
        for statement in statements(function)
        for resource in as_list(statement["Resource"])
        if "Fn::Sub" in resource
    )


def test_a_deployed_api_asks_for_credentials_unless_told_otherwise():
    assert DOCUMENT["Parameters"]["ApiAuthorization"]["Default"] == "AWS_IAM"


def test_only_what_is_for_everybody_is_open():
    assert {"GET /v1/health", "GET /openapi.json", "GET /docs"} <= OPEN
    assert {key for key, route in ROUTES.items() if route["AuthorizationType"] == "NONE"} == OPEN
    authorizer = {"Fn::If": ["UsesTokens", {"Ref": "TokenAuthorizer"}, {"Ref": "AWS::NoValue"}]}
    for key in ROUTES.keys() - OPEN:
        assert ROUTES[key]["AuthorizationType"] == {"Ref": "ApiAuthorization"}
        assert ROUTES[key]["AuthorizerId"] == authorizer


def test_no_route_catches_the_preflights_of_browsers():
    assert not [key for key in ROUTES if key.startswith(("ANY", "OPTIONS"))]


def test_pages_of_other_origins_may_call_only_where_they_are_named():
    assert DOCUMENT["Parameters"]["CorsOrigins"]["Default"] == ""
    condition, allowed, otherwise = RESOURCES["Api"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("AllowsOrigins", {"Ref": "AWS::NoValue"})
    assert allowed["AllowOrigins"] == {"Ref": "CorsOrigins"}
    assert "AllowCredentials" not in allowed
    assert set(allowed["AllowMethods"]) == {operation.method for operation in OPERATIONS}


def test_functions_behind_the_api_know_how_it_is_guarded():
    integrations = {r["Target"]["Fn::Sub"].removeprefix("integrations/") for r in ROUTES.values()}
    for name in {name.strip("${}").replace("Integration", "Function") for name in integrations}:
        variables = FUNCTIONS[name]["Properties"]["Environment"]["Variables"]
        assert variables["API_AUTHORIZATION"] == {"Ref": "ApiAuthorization"}
        assert variables["ROLES_CLAIM"] == {"Ref": "RolesClaim"}


def test_every_operation_has_a_route_to_its_function():
    for operation in OPERATIONS:
        method, path = operation.method, operation.path
        target = ROUTES.get(operation.route) or ROUTES[f"{method} /v1/{{proxy+}}"]
        wanted = f"integrations/${{{operation.function.capitalize()}Integration}}"
        assert target["Target"] == {"Fn::Sub": wanted}, path


def test_the_bucket_refuses_plain_http_and_the_public():
    [statement] = RESOURCES["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert all(RESOURCES["Bucket"]["Properties"]["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("name", ["Bucket", "Table"])
def test_deleting_the_stack_keeps_what_it_knows(name):
    assert RESOURCES[name]["DeletionPolicy"] == "Retain"


def test_no_function_has_a_wildcard_action_or_resource():
    for name in FUNCTIONS:
        for statement in statements(name):
            assert not [action for action in as_list(statement["Action"]) if "*" in action]
            assert "*" not in as_list(statement["Resource"])


def test_the_api_may_hand_one_role_to_the_scheduler_and_to_nobody_else():
    passing = [
        (name, statement)
        for name in FUNCTIONS
        for statement in statements(name)
        if "iam:PassRole" in as_list(statement["Action"])
    ]
    [(name, statement)] = passing
    assert name == "ApiFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["StartRunRole", "Arn"]}
    service = statement["Condition"]["StringEquals"]["iam:PassedToService"]
    assert service == "scheduler.amazonaws.com"


def test_one_function_alone_sends_and_only_to_what_is_named_at_deployment():
    sends = ("ses:", "sns:", "sqs:Send", "events:PutEvents")
    for name in FUNCTIONS.keys() - {"DeliverFunction"}:
        for statement in statements(name):
            actions = [a for a in as_list(statement["Action"]) if a.startswith(sends)]
            own = ({"Fn::GetAtt": [of_ours, "Arn"]} for of_ours in ("EventBus", "CallsQueue"))
            assert not actions or statement["Resource"] in own
    targets, sms = (RESOURCES[name] for name in ("DeliveryPolicy", "SmsPolicy"))
    [statement] = targets["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Ref": "DeliveryTargets"}
    assert not [action for action in statement["Action"] if "*" in action]
    assert (targets["Condition"], sms["Condition"]) == ("DeliversToAws", "DeliversSms")
    assert DOCUMENT["Parameters"]["DeliveryTargets"]["Default"] == ""
    assert DOCUMENT["Parameters"]["SmsDelivery"]["Default"] == "false"
    assert DOCUMENT["Parameters"]["AllowedHosts"]["Default"] == ""


def test_models_are_written_by_training_alone():
    writers = {name for name in FUNCTIONS if may(name, "s3:PutObject", "models/g/1/model.joblib")}
    assert writers == {"TrainModelFunction"}
    assert may("ScoreUsersFunction", "s3:GetObject", "models/g/1/model.joblib")


def test_the_lake_is_written_by_imports_and_erasures_alone():
    for table in ("events", "activity", "users", "profiles", "manifests"):
        writers = {name for name in FUNCTIONS if may(name, "s3:PutObject", f"{table}/1/g=0000")}
        assert writers == {"ImportEventsFunction", "RollUpFunction", "EraseUsersFunction"}


def test_what_has_landed_is_taken_away_by_the_roll_up_alone_and_never_expires():
    key = "calls/2026-11-28/08/a.jsonl.gz"
    writers = {n for n in FUNCTIONS if may(n, "s3:PutObject", key)}
    assert writers == {"LandCallsFunction", "ImportEventsFunction", "EraseUsersFunction"}
    assert {n for n in FUNCTIONS if may(n, "s3:DeleteObject", key)} == {"RollUpFunction"}
    rules = RESOURCES["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert not [r for r in rules if "ExpirationInDays" in r and key.startswith(r["Prefix"])]


def test_a_queue_waits_six_times_as_long_as_its_function_may_take():
    """AWS asks for it, so that no message is delivered again while it is worked on."""
    seconds = FUNCTIONS["LandCallsFunction"]["Properties"]["Timeout"]
    assert RESOURCES["CallsQueue"]["Properties"]["VisibilityTimeout"] == 6 * seconds


def test_scores_and_folders_of_runs_are_removed_by_the_last_step_alone():
    for key in ("scores/goal_1/2026-11-01/1/g=0000.parquet", "runs/night-2026-11-01/abc/plan.json"):
        removers = {name for name in FUNCTIONS if may(name, "s3:DeleteObject", key)}
        assert removers == {"RecordProgressFunction"}


def test_a_function_has_a_handler_a_folder_and_a_build_target():
    for name, function in FUNCTIONS.items():
        folder = CHECKOUT / function["Properties"]["CodeUri"]
        assert f"build-{name}:" in (folder / "Makefile").read_text()
        assert (folder / "handler.py").exists()


def test_a_layer_has_a_build_target_for_its_processor():
    for name, layer in RESOURCES.items():
        if layer["Type"] == "AWS::Serverless::LayerVersion":
            [processor] = layer["Properties"].get("CompatibleArchitectures", ["any"])
            makefile = (CHECKOUT / layer["Properties"]["ContentUri"] / "Makefile").read_text()
            assert f"build-{name}:\n\t$(BUILD_LAYER) {processor} " in makefile


def test_a_function_and_its_layers_are_for_one_processor():
    for function in FUNCTIONS.values():
        for layer in function["Properties"]["Layers"]:
            properties = RESOURCES[layer["Ref"]]["Properties"]
            allowed = properties.get("CompatibleArchitectures")
            assert allowed in (None, function["Properties"]["Architectures"])


def test_layers_hold_the_versions_that_the_tests_ran_with():
    packages = tomllib.loads((CHECKOUT / "uv.lock").read_text())["package"]
    locked = {(package["name"], package["version"]) for package in packages}
    for requirements in CHECKOUT.glob("layers/*/requirements.txt"):
        for line in requirements.read_text().splitlines():
            if "==" in line:
                name, version = line.split(" ")[0].split("==")
                assert (name, version) in locked, f"{name}: run `make lock-layers`"


def test_all_starts_of_a_run_leave_their_failures_in_a_queue():
    runs = ("GoalCreatedRule", "ExportRequestedRule", "SendRequestedRule")
    rules = (*runs, "DroppedEventsRule", "DroppedProfilesRule", "DroppedCallsRule")
    targets = [RESOURCES[rule]["Properties"]["Targets"][0] for rule in rules]
    schedules = ("NightlySchedule", "ErasureSchedule")
    targets += [RESOURCES[schedule]["Properties"]["Target"] for schedule in schedules]
    queue = {"Arn": {"Fn::GetAtt": ["UndeliveredStarts", "Arn"]}}
    assert [target["DeadLetterConfig"] for target in targets] == [queue] * len(targets)
    [statement] = RESOURCES["UndeliveredStartsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert sources == [{"Fn::GetAtt": [rule, "Arn"]} for rule in rules]


def test_who_names_users_may_read_who_is_hidden_and_only_the_api_hides():
    key = "erasures/pending/00000001-ers_1.json"
    naming = {"Api", "Query", "Forecast", "TrainModel", "ScoreUsers"}
    assert {f"{name}Function" for name in naming} <= {
        name for name in FUNCTIONS if may(name, "s3:GetObject", key)
    }
    writers = {name for name in FUNCTIONS if may(name, "s3:PutObject", key)}
    assert writers == {"ApiFunction", "EraseUsersFunction"}


def test_erasures_alone_delete_versions_and_reach_every_folder_that_is_written():
    deleters = {
        name
        for name in FUNCTIONS
        for statement in statements(name)
        if "s3:DeleteObjectVersion" in as_list(statement["Action"])
    }
    assert deleters == {"EraseUsersFunction"}
    written = {
        resource["Fn::Sub"].split("}/", 1)[1].split("/")[0]
        for name in FUNCTIONS
        for statement in statements(name)
        for resource in as_list(statement["Resource"])
        if "s3:PutObject" in as_list(statement["Action"])
    }
    # Two name no user: counts of members, and models, which are deleted and trained again.
    for folder in written - {"effects", "models"}:
        assert may("EraseUsersFunction", "s3:PutObject", f"{folder}/x"), folder


def test_exports_are_written_by_the_shard_jobs_read_by_the_api_and_deleted_after_a_week():
    key = "exports/exp_1/g=0000.csv.gz"
    erasing = "EraseUsersFunction"
    writers = {name for name in FUNCTIONS if may(name, "s3:PutObject", key)}
    readers = {name for name in FUNCTIONS if may(name, "s3:GetObject", key)}
    assert (writers, readers) == ({"ScoreUsersFunction", erasing}, {"ApiFunction", erasing})
    rules = RESOURCES["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    [days] = [rule["ExpirationInDays"] for rule in rules if rule.get("Prefix") == "exports/"]
    assert days == KEPT.days


def test_who_was_to_be_reached_is_written_by_the_delivery_and_erasures_alone():
    for folder in ("audiences", "memberships", "exposures", "deliveries"):
        key = f"{folder}/e/s/g=0000"
        writers = {n for n in FUNCTIONS if may(n, "s3:PutObject", key)}
        assert writers == {"DeliverFunction", "EraseUsersFunction"}
    assert may("ApiFunction", "s3:GetObject", "deliveries/e/s/g=0000.csv.gz")


def test_the_template_transforms_without_aws():
    types = {r["Type"] for r in cloudformation_template_resources().values()}
    assert "AWS::Lambda::Function" in types
    assert not {name for name in types if name.startswith("AWS::Serverless")}


def cloudformation_template_resources():
    return WHOLE["Resources"]


def test_logs_of_the_api_know_routes_and_no_paths():
    form = RESOURCES["ApiStage"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in form
    assert not [word for word in ("path", "Path", "query", "identity") if word in form]


def test_functions_are_traced_unless_told_otherwise():
    assert DOCUMENT["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}
    assert DOCUMENT["Parameters"]["Tracing"]["Default"] == "Active"
    assert RESOURCES["RunStateMachine"]["Properties"]["Tracing"] == {"Enabled": True}
    roles = cloudformation_template_resources()
    for name in FUNCTIONS:
        policies = roles[f"{name}Role"]["Properties"]["ManagedPolicyArns"]
        assert any("xray" in policy.lower() for policy in policies)


def test_every_step_may_write_the_record_of_its_work():
    for name in ("PlanRunFunction", "TrainModelFunction", "ScoreUsersFunction", "DeliverFunction"):
        assert may(name, "s3:PutObject", "runs/night-2026-01-01/work/Step-g=0000.json")


def test_the_forecast_function_moves_its_alias_when_the_package_does():
    """SAM publishes a version when a function's own code or properties change, and takes no notice
    of its layers: so the build writes what they are into the code (functions/forecast/Makefile)."""
    properties = FUNCTIONS["ForecastFunction"]["Properties"]
    assert properties["AutoPublishAliasAllProperties"] is True
    assert properties["VersionDeletionPolicy"] == "Delete"
    assert "LAYERS_SHA256" in (CHECKOUT / "functions/forecast/Makefile").read_text()
    assert 'LAYERS_SHA256="$$(git ls-files layers' in (CHECKOUT / "Makefile").read_text()
    alias = {"Ref": "ForecastFunction.Alias"}
    assert RESOURCES["ForecastIntegration"]["Properties"]["IntegrationUri"] == alias
    assert RESOURCES["ForecastPermission"]["Properties"]["FunctionName"] == alias


def test_a_change_of_what_the_forecast_function_is_given_publishes_another_version():
    """SAM does not look at the values of parameters either. CloudFormation replaces a version
    whose description changes."""
    properties = FUNCTIONS["ForecastFunction"]["Properties"]
    configured = {
        name: part
        for name, part in (DOCUMENT["Globals"]["Function"] | properties).items()
        if name not in ("Policies", "VersionDescription", "LoggingConfig")
    } | {"both": DOCUMENT["Globals"]["Function"]["Environment"]}
    description, parts = properties["VersionDescription"]["Fn::Sub"]
    told = {*re.findall(r"\$\{(\w+)\}", description)} - parts.keys() | {*parameters_of(parts)}
    assert told == set(parameters_of(configured))
    longest = {"TimeZone": "x" * 32, "RolesClaim": "x" * 90, "Key": "x" * 36}
    longest |= {"JobMemory": "10240", "Groups": "1024", "OriginSecretRound": "4", "Edge": "false"}
    longest |= {"ForecastSnapStart": "false", "ApiAuthorization": "AWS_IAM"}
    shown = re.sub(r"\$\{(\w+)\}", lambda name: longest.get(name[1], "PassThrough"), description)
    assert DOCUMENT["Parameters"]["RolesClaim"]["MaxLength"] == 90
    assert len(shown) <= 256  # Lambda takes no longer ones


def parameters_of(node):
    """The template's parameters that something depends on, also by conditions."""
    if isinstance(node, list):
        for child in node:
            yield from parameters_of(child)
    elif isinstance(node, dict):
        for key, child in node.items():
            if key == "Ref" and child in DOCUMENT["Parameters"]:
                yield child
            elif key == "Fn::Sub":
                for name in re.findall(r"\$\{(\w+)\}", child):
                    if name in DOCUMENT["Parameters"]:
                        yield name
                    elif "{{resolve:" in child:  # a secret changes with its name
                        yield from parameters_of(RESOURCES[name]["Properties"]["Name"])
            elif key == "Fn::If":
                yield from parameters_of(DOCUMENT["Conditions"][child[0]])
                yield from parameters_of(child[1:])
            else:
                yield from parameters_of(child)


KEY = "arn:aws:kms:eu-west-1:123456789012:key/own"
KEY_OF = {
    "AWS::Lambda::Function": lambda p: p.get("KmsKeyArn"),
    "AWS::DynamoDB::Table": lambda p: p.get("SSESpecification", {}).get("KMSMasterKeyId"),
    "AWS::Logs::LogGroup": lambda p: p.get("KmsKeyId"),
    "AWS::S3::Bucket": lambda p: p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ].get("KMSMasterKeyID"),
    "AWS::SNS::Topic": lambda p: p.get("KmsMasterKeyId"),
    "AWS::SQS::Queue": lambda p: p.get("KmsMasterKeyId"),
}


def deployed(given):
    """(logical id, resource) of the stack and those that it nests, for given parameters."""
    whole = resolved(WHOLE, given)
    for name, resource in whole["Resources"].items():
        yield name, resource
        if resource["Type"] == "AWS::CloudFormation::Stack":
            file = RESOURCES[name]["Properties"]["TemplateURL"]
            handed = {
                key: given.get(value.get("Ref"), "") if isinstance(value, dict) else value
                for key, value in resource["Properties"]["Parameters"].items()
            }
            yield from resolved(yaml_parse((CHECKOUT / file).read_text()), handed)[
                "Resources"
            ].items()


@pytest.mark.parametrize(("given", "key"), [({"KmsKeyArn": KEY}, {"Ref": "KmsKeyArn"}), ({}, None)])
def test_a_key_of_ones_own_encrypts_all_that_is_kept(given, key):
    found = {
        n: KEY_OF[r["Type"]](r["Properties"]) for n, r in deployed(given) if r["Type"] in KEY_OF
    }
    assert {"Bucket", "Table", "FunctionLogs", "CallsQueue", "Topic", "ApiFunction"} <= set(found)
    assert found == dict.fromkeys(found, key)


def test_without_a_key_of_ones_own_aws_encrypts_queues_and_the_bucket():
    stack = dict(deployed({}))
    for name, resource in stack.items():
        if resource["Type"] == "AWS::SQS::Queue":
            assert resource["Properties"]["SqsManagedSseEnabled"] is True, name
    [rule] = stack["Bucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_every_role_may_use_the_key_by_the_services_that_keep_something_and_in_no_other_way():
    stack = cloudformation_template_resources()
    roles = {name for name, resource in stack.items() if resource["Type"] == "AWS::IAM::Role"}
    policy = RESOURCES["KeyPolicy"]["Properties"]
    assert {role["Ref"] for role in policy["Roles"]} == roles
    [statement] = policy["PolicyDocument"]["Statement"]
    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert [s["Fn::Sub"].split(".")[0] for s in services] == ["s3", "dynamodb", "sqs", "lambda"]


@pytest.mark.parametrize(("chosen", "disk"), [("true", 512), ("false", 2048)])
def test_a_snapshot_is_taken_of_published_versions_and_leaves_the_disk_that_it_may(chosen, disk):
    stack = dict(deployed({"ForecastSnapStart": chosen}))
    forecast = stack["ForecastFunction"]["Properties"]
    wanted = "PublishedVersions" if chosen == "true" else "None"
    assert forecast["SnapStart"] == {"ApplyOn": wanted}
    assert forecast["EphemeralStorage"] == {"Size": disk}
    [version] = [r for r in stack.values() if r["Type"] == "AWS::Lambda::Version"]
    assert version["DeletionPolicy"] == "Delete"


def test_every_parameter_is_explained_and_stands_in_one_group():
    groups = DOCUMENT["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = [name for group in groups for name in group["Parameters"]]
    assert sorted(listed) == sorted(DOCUMENT["Parameters"])
    assert not [name for name, one in DOCUMENT["Parameters"].items() if not one.get("Description")]
    assert not [name for name, one in DOCUMENT["Outputs"].items() if not one.get("Description")]


def test_the_page_of_parameters_is_that_of_the_template():
    assert page(DOCUMENT) == (CHECKOUT / "docs/parameters.md").read_text("utf-8")


def test_every_parameter_has_a_default_so_that_a_guided_deployment_needs_no_answers():
    assert not [name for name, one in DOCUMENT["Parameters"].items() if "Default" not in one]


def test_every_parameter_has_an_effect():
    text = (CHECKOUT / "template.yaml").read_text().split("\nConditions:", 1)[1]
    used = set(re.findall(r"!Ref (\w+)|\$\{(\w+)\}", text))
    names = {name for pair in used for name in pair if name}
    assert set(DOCUMENT["Parameters"]) <= names


def test_logs_are_kept_as_long_as_the_parameter_says():
    logs = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Logs::LogGroup"]
    assert [log["RetentionInDays"] for log in logs] == [{"Ref": "RetentionDays"}] * 3
    assert DOCUMENT["Globals"]["Function"]["LoggingConfig"]["LogGroup"] == {"Ref": "FunctionLogs"}


def test_the_api_lets_through_as_much_as_the_parameters_say():
    settings = RESOURCES["ApiStage"]["Properties"]["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "ApiRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ApiBurstLimit"}


def test_the_table_can_be_put_back_to_any_second_and_is_not_deleted_by_mistake():
    table = RESOURCES["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert DOCUMENT["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_who_reckons_with_the_memory_of_jobs_is_told_of_it():
    told = {
        name
        for name, function in FUNCTIONS.items()
        if "JOB_MEMORY" in function["Properties"].get("Environment", {}).get("Variables", {})
    }
    assert told == {"ForecastFunction", "PlanRunFunction"}


def test_a_transform_leaves_no_word_of_its_own_metrics(caplog):
    for _ in range(2):
        cloudformation_template(Project())
    gc.collect()
    assert caplog.messages == []
