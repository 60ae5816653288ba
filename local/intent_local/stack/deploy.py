"""Deploy template.yaml into the local stack, and only when something has changed."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import time
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from .aws import local_client
from .errors import StackError
from .home import Home, read_json, write_json
from .project import Project, deployed_files
from .server import Server

STACK = "intent-segments"
ARTEFACTS = "intent-segments-artefacts"
NO_CHANGE = "No updates are to be performed"
LOCAL_PARAMETERS = {
    "ApiAuthorization": "NONE",  # on loopback only
    "Groups": "2",  # a laptop's two cores
    "MaxConcurrency": "2",
    "ScheduleState": "DISABLED",  # nights run when `intent nightly` says so
    "DeletionProtection": "false",
    "ErasureDelay": "0",  # one thing runs after the other
    # What there is of AWS on a laptop belongs to whoever sits there.
    "DeliveryTargets": "arn:aws:sqs:*:*:*,arn:aws:events:*:*:event-bus/*,arn:aws:ses:*:*:*",
    "SmsDelivery": "true",
    "SourceData": "arn:aws:s3:::*",
}

A_DAY_LONG_AGO = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Deployment:
    """`outputs` are those of template.yaml; `changed` is False when nothing had to be done."""

    outputs: dict[str, str]
    changed: bool


def deploy(
    project: Project, home: Home, server: Server, parameters: dict[str, str] | None = None
) -> Deployment:
    """Bring the stack to the state of the sources. Raises StackError with CloudFormation's reason.

    `parameters` go before `LOCAL_PARAMETERS`; None stands for those of the deployment before.
    """
    noted = read_json(home.deployed)
    chosen: dict[str, str] = noted.get("parameters", {}) if parameters is None else parameters
    values = LOCAL_PARAMETERS | signing_in(server) | chosen
    fingerprint = of_everything(project, values)
    if noted.get("fingerprint") == fingerprint and is_there(server, noted["outputs"]["Table"]):
        serve_api(server, noted["outputs"])
        return Deployment(noted["outputs"], changed=False)
    from .transform import local_template  # imports the translator, which takes 0.5 s

    server.restore_cloudformation()
    cloudformation = local_client(server, "cloudformation")
    uploads = Uploads(project, server)
    template = local_template(project, values, uploads.put)
    outputs = apply(cloudformation, uploads.template(template), values)
    uploads.forget_older()
    deployed = {"fingerprint": fingerprint, "outputs": outputs, "parameters": chosen}
    write_json(home.deployed, deployed)
    serve_api(server, outputs)
    server.save()
    return Deployment(outputs, changed=True)


def signing_in(server: Server) -> dict[str, str]:
    """The parameters of a stack whose API asks for tokens of the issuer beside it."""
    if not server.signs_in:
        return {}
    from ..issuer.served import issuer_of
    from ..issuer.tokens import CLIENT_ID

    issuer = issuer_of(server.api_url)
    return {"ApiAuthorization": "JWT", "JwtIssuer": issuer, "JwtAudience": CLIENT_ID}


def of_everything(project: Project, parameters: dict[str, str]) -> str:
    """SHA-256 of sources, parameters and the tools whose change would deploy something else."""
    tools = [version(name) for name in ("ministack", "aws-sam-translator")]
    parts = [project.fingerprint(), parameters, platform.python_version(), tools]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_there(server: Server, table: str) -> bool:
    """Whether the table of an earlier deployment was restored; a lost state folder has none."""
    try:
        local_client(server, "dynamodb").describe_table(TableName=table)
    except ClientError:
        return False
    return True


def exists(cloudformation: Any) -> bool:
    try:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError:
        return False
    return str(stack["StackStatus"]) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def apply(cloudformation: Any, template_url: str, parameters: dict[str, str]) -> dict[str, str]:
    """Create or update the stack, wait, and return its outputs."""
    update = exists(cloudformation)
    change = cloudformation.update_stack if update else cloudformation.create_stack
    try:
        change(
            StackName=STACK,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
    except ClientError as error:
        if NO_CHANGE not in str(error):
            raise StackError(f"CloudFormation refused template.yaml: {error}") from error
    while True:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(0.05)
    if not exists(cloudformation):
        raise StackError(
            f"template.yaml could not be deployed ({stack['StackStatus']}): "
            f"{first_failure(cloudformation) or stack.get('StackStatusReason', 'no reason given')}"
        )
    return {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}


def first_failure(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
    failed.sort(key=lambda event: event["Timestamp"])
    return "; ".join(
        f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason', '')}" for e in failed[:1]
    )


def serve_api(server: Server, outputs: dict[str, str]) -> None:
    """`https://<id>.execute-api…` names the API that the server puts on its second port."""
    server.serve_api(outputs["ApiUrl"].split("//", 1)[1].split(".", 1)[0])


class Uploads:
    """Zipped sources in a bucket of the local stack, named by their content."""

    def __init__(self, project: Project, server: Server) -> None:
        self.project = project
        self.endpoint = server.endpoint
        self.s3 = local_client(server, "s3")
        self.keys: set[str] = set()
        self.s3.create_bucket(Bucket=ARTEFACTS)

    def put(self, logical_id: str, uri: str) -> str:
        body = zipped(self.project.folder(uri))
        key = f"{logical_id}-{hashlib.sha256(body).hexdigest()[:16]}.zip"
        self.s3.put_object(Bucket=ARTEFACTS, Key=key, Body=body)
        self.keys.add(key)
        return f"s3://{ARTEFACTS}/{key}"

    def template(self, document: dict[str, Any]) -> str:
        """The URL of a template in the bucket: CloudFormation takes 51,200 bytes with a request
        and 1 MB from S3 (its quotas)."""
        body = json.dumps(document).encode()
        key = f"template-{hashlib.sha256(body).hexdigest()[:16]}.json"
        self.s3.put_object(Bucket=ARTEFACTS, Key=key, Body=body)
        self.keys.add(key)
        return f"{self.endpoint}/{ARTEFACTS}/{key}"

    def forget_older(self) -> None:
        for item in self.s3.list_objects_v2(Bucket=ARTEFACTS).get("Contents", []):
            if item["Key"] not in self.keys:
                self.s3.delete_object(Bucket=ARTEFACTS, Key=item["Key"])


def zipped(folder: Path) -> bytes:
    """The files of a folder; the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in deployed_files(folder):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), A_DAY_LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()
