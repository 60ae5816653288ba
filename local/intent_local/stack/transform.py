"""template.yaml as the CloudFormation template that the local stack deploys.

The same transform that AWS runs (aws-sam-translator), offline. Three things differ from a
deployment to AWS, and nothing else: layers of third-party wheels are left out, since functions run
in the project's environment; so are the nested stacks of alarms and dashboard, since nobody watches
a laptop's metrics; and the parameters have values for a laptop (`deploy.LOCAL_PARAMETERS`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import yaml  # type: ignore[import-untyped]
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from .project import Project
from .server import REGION

OWN_LAYER = "CoreLayer"

# It counts for AWS's own service, and warns when it is thrown away that nothing was published.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)


class NoManagedPolicies:
    """The translator asks AWS for the names of managed policies; the template uses none by name."""

    def load(self) -> dict[str, str]:
        return {}


def local_template(
    project: Project, parameters: dict[str, str], upload: Callable[[str, str], str]
) -> dict[str, Any]:
    """The CloudFormation template as a JSON object.

    `upload(logical_id, uri)` puts a folder of the project where the stack finds it and returns its
    `s3://` address.
    """
    document = yaml_parse(project.template.read_text())
    resources = document["Resources"]
    for name in [n for n, r in resources.items() if is_wheel_layer(n, r) or is_nested(r)]:
        del resources[name]
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri"):
            if key in properties:
                properties[key] = upload(name, properties[key])
        if "Layers" in properties:
            properties["Layers"] = [{"Ref": OWN_LAYER}]
        if "DefinitionUri" in properties:
            definition = (project.root / properties.pop("DefinitionUri")).read_text()
            properties["Definition"] = state_machine(definition, parameters)
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # the translator asks for a partition
    return dict(transform(document, parameters, NoManagedPolicies()))


def cloudformation_template(project: Project) -> dict[str, Any]:
    """What AWS's own transform makes of template.yaml, with the defaults of its parameters; the
    files it would upload are named and not there."""
    document = yaml_parse(project.template.read_text())
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            if key in properties:
                properties[key] = f"s3://not-uploaded/{properties[key]}"
        if is_nested(resource):
            properties["TemplateURL"] = f"https://s3.test/not-uploaded/{properties['TemplateURL']}"
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return dict(transform(document, {}, NoManagedPolicies()))


def is_wheel_layer(name: str, resource: dict[str, Any]) -> bool:
    return resource["Type"] == "AWS::Serverless::LayerVersion" and name != OWN_LAYER


def is_nested(resource: dict[str, Any]) -> bool:
    return bool(resource["Type"] == "AWS::CloudFormation::Stack")


def state_machine(text: str, numbers: dict[str, str]) -> dict[str, Any]:
    """An ASL file as an object. On AWS `${Name}` is replaced in the text, before it is parsed, so
    a number must be in its place before this parses it; ARNs are left for CloudFormation."""
    for name, value in numbers.items():
        text = text.replace("${" + name + "}", value)
    return dict(yaml.safe_load(text))
