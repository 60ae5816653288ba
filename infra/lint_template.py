"""cfn-lint over what SAM's own linter does not see: the transformed template, the state machine and
the nested stacks.

`sam validate --lint` (part of `make build`) reads template.yaml. It accepts a nonsense runtime on a
serverless function and never opens the files behind DefinitionUri and TemplateURL; this does all of
it, offline.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from intent_local.stack.deploy import LOCAL_PARAMETERS
from intent_local.stack.project import Project
from intent_local.stack.transform import cloudformation_template, is_nested, state_machine

AS_ON_AWS = LOCAL_PARAMETERS | {"Partition": "aws"}
"""What CloudFormation would have put into the text of the state machine."""


def main() -> int:
    project = Project()
    transformed = cloudformation_template(project)
    definition = state_machine((project.root / "infra/run.asl.yaml").read_text(), AS_ON_AWS)
    alone = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": "arn:aws:iam::123456789012:role/run", "Definition": definition},
    }
    failed = lint("template.yaml, transformed", transformed)
    failed |= lint("infra/run.asl.yaml", {"Resources": {"Run": alone}})
    for name in nested(project):
        failed |= lint(name, yaml_parse((project.root / name).read_text()))
    return int(failed)


def nested(project: Project) -> list[str]:
    """The templates of the nested stacks, as template.yaml names them."""
    resources = yaml_parse(project.template.read_text())["Resources"].values()
    return [r["Properties"]["TemplateURL"] for r in resources if is_nested(r)]


def lint(name: str, template: dict[str, Any]) -> bool:
    """Whether cfn-lint found anything; its words go to stdout."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file, indent=1)
        file.flush()
        linter = str(Path(sys.executable).with_name("cfn-lint"))
        command = [linter, "--", file.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    print(f"cfn-lint {name}: {'clean' if result.returncode == 0 else 'found'}")
    print(result.stdout, end="")
    print(result.stderr, end="", file=sys.stderr)
    return result.returncode != 0


if __name__ == "__main__":
    raise SystemExit(main())
