"""docs/parameters.md: the parameters of template.yaml as they are grouped and explained there.

parameters.py FILE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from intent_local.stack.project import CHECKOUT

INTRODUCTION = """\
# Parameters

What a stack is deployed with. `sam deploy --guided` asks for each; `make deploy` takes those of
samconfig.toml, or in their place those of `ARGS='--parameter-overrides NAME=VALUE …'`: name the
four of the dev stack there too when you make it so. All have a default, and keep their value in
later deployments that give no other. A stack's name has 64 characters at most, as its group of
schedules has. `make parameters` writes this page from template.yaml."""


def page(template: dict[str, Any]) -> str:
    """One table for each group, in the template's order."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    parts = [INTRODUCTION]
    for group in groups:
        rows = [row(name, template["Parameters"][name]) for name in group["Parameters"]]
        head = ["| parameter | default | |", "| --- | --- | --- |"]
        parts += [f"## {group['Label']['default']}", "\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def row(name: str, parameter: dict[str, Any]) -> str:
    """Its default, what it means, and which values it takes."""
    default = f"`{parameter['Default']}`" if parameter["Default"] != "" else "empty"
    meaning = parameter["Description"].replace("|", "\\|").strip()
    return f"| `{name}` | {default} | {meaning}{takes(parameter)} |"


def takes(parameter: dict[str, Any]) -> str:
    """The values that are allowed, where not every text is."""
    if "AllowedValues" in parameter:
        return f" One of {', '.join(f'`{value}`' for value in parameter['AllowedValues'])}."
    least, most = parameter.get("MinValue"), parameter.get("MaxValue")
    if most is not None:
        return f" {least:,} to {most:,}."
    return f" From {least:,} on." if least is not None else ""


def main(files: list[str]) -> int:
    text = page(yaml_parse((CHECKOUT / "template.yaml").read_text("utf-8")))
    for file in files:
        Path(file).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
