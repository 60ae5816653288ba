"""A template as CloudFormation deploys it for given parameters: conditions decided, choices made.

Linters that do not follow `Fn::If` read this instead of the template. Only what templates here use:
`Fn::Equals`, `Fn::Not`, `Fn::And`, `Fn::Or` and `Condition`, over `Ref` and `Fn::Join`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}
HERE = {"AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::StackName": "intent-segments"}
"""Pseudo parameters that conditions ask for."""


def resolved(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """The template without conditions; `given` goes before the defaults of parameters. References
    to resources and parameters stay as they are.

    Raises KeyError for a parameter without a value that a condition asks for.
    """
    declared = template.get("Parameters", {})
    defaults = {n: p["Default"] for n, p in declared.items() if "Default" in p}
    values = HERE | defaults | given
    for name, parameter in declared.items():
        if parameter["Type"] == "CommaDelimitedList" and name in values:
            values[name] = str(values[name]).split(",")
    conditions: dict[str, Any] = dict(template.get("Conditions", {}))

    def holds(asked: Any) -> bool:
        [(kind, of)] = asked.items()
        match kind:
            case "Condition":
                return holds(conditions[of])
            case "Fn::Equals":
                return str(value(of[0])) == str(value(of[1]))
            case "Fn::Not":
                return not holds(of[0])
            case "Fn::And":
                return all(map(holds, of))
            case "Fn::Or":
                return any(map(holds, of))
        raise KeyError(kind)

    def value(of: Any) -> Any:
        if not isinstance(of, dict):
            return of
        [(kind, argument)] = of.items()
        match kind:
            case "Ref":
                return values[argument]
            case "Fn::Join":
                return str(argument[0]).join(value(argument[1]))
        raise KeyError(kind)

    def chosen(node: Any) -> Any:
        if isinstance(node, list):
            return [made for made in map(chosen, node) if made != NO_VALUE]
        if not isinstance(node, dict):
            return node
        if set(node) == {"Fn::If"}:
            name, yes, no = node["Fn::If"]
            return chosen(yes if holds({"Condition": name}) else no)
        made = {key: chosen(child) for key, child in node.items()}
        return {key: child for key, child in made.items() if child != NO_VALUE}

    document = {key: part for key, part in template.items() if key not in ("Conditions", "Rules")}
    for part in ("Resources", "Outputs"):
        document[part] = {
            name: {key: child for key, child in chosen(entry).items() if key != "Condition"}
            for name, entry in template.get(part, {}).items()
            if "Condition" not in entry or holds({"Condition": entry["Condition"]})
        }
    return document
