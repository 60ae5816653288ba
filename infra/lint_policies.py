"""checkov's policies over the templates as CloudFormation gets them: no finding without a reason.

    lint_policies.py CHECKOV

`make audit` runs this with the checkov of .venv-audit. Every template is looked at twice, as it is
deployed by default and with all options on, since checkov does not follow choices. Fails for a
finding that `policy_waivers.py` does not explain, and for an explanation that nothing needs.
"""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from infra.conditions import resolved
from infra.lint_template import nested
from infra.policy_waivers import WAIVERS
from intent_local.stack.project import Project
from intent_local.stack.transform import cloudformation_template

OPTIONS = {
    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/own",
    "ForecastSnapStart": "true",
    "ApiAuthorization": "JWT",
    "DeliveryTargets": "arn:aws:sqs:us-east-1:123456789012:theirs",
    "SmsDelivery": "true",
    "SourceData": "arn:aws:s3:::theirs/events/*",
    "AdminEmail": "admin@example.org",
    "AlarmEmail": "admin@example.org",
    "ConsoleUrl": "https://console.example.org/",
    "CorsOrigins": "https://console.example.org",
    "Edge": "true",
    "EdgeDomain": "console.example.org",
    "EdgeCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/own",
    # What the nested stacks are handed of it.
    "Domain": "console.example.org",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/own",
    "WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/own",
}
"""A value for each parameter that switches something on."""


def main(checkov: str) -> int:
    found = findings(checkov)
    used = {waiver for waiver in WAIVERS if any(_fits(waiver, finding) for finding in found)}
    open_ones = sorted({f for f in found if not any(_fits(waiver, f) for waiver in WAIVERS)})
    for check, resource in open_ones:
        print(f"{check} {resource}: mend it, or say why not in infra/policy_waivers.py")
    for check, resource in sorted(WAIVERS.keys() - used):
        print(f"{check} {resource}: nothing needs this waiver any more")
    print(f"checkov: {len(found)} findings, {len(found) - len(open_ones)} of them waived")
    return int(bool(open_ones or used != set(WAIVERS)))


def findings(checkov: str) -> list[tuple[str, str]]:
    """(id of the check, file and resource) of all that failed, each once."""
    with tempfile.TemporaryDirectory() as folder:
        for name, template in templates():
            for variant, options in (("default", {}), ("options", OPTIONS)):
                path = Path(folder) / variant / f"{Path(name).stem}.json"
                path.parent.mkdir(exist_ok=True)
                path.write_text(json.dumps(resolved(template, unset(template) | options)))
        command = [checkov, "--skip-download", "--framework", "cloudformation", "-o", "json"]
        command += ["--directory", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"checkov: {done.stderr[-2000:] or done.stdout[-2000:]}") from None
    failed = report["results"]["failed_checks"]
    return sorted(
        {(one["check_id"], f"{Path(one['file_path']).stem} {one['resource']}") for one in failed}
    )


def templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """(file, template as CloudFormation gets it) of template.yaml and all that it nests."""
    project = Project()
    yield "template.yaml", cloudformation_template(project)
    for name in nested(project):
        yield name, yaml_parse((project.root / name).read_text())


def unset(template: dict[str, Any]) -> dict[str, str]:
    """Nothing, for the parameters that have no default: those of nested stacks."""
    declared: dict[str, Any] = template.get("Parameters", {})
    return {name: "" for name, parameter in declared.items() if "Default" not in parameter}


def _fits(waiver: tuple[str, str], finding: tuple[str, str]) -> bool:
    return waiver[0] == finding[0] and fnmatch.fnmatchcase(finding[1], waiver[1])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
