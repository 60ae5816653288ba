"""The unzipped size of every built function with its layers, against Lambda's limit.

    sizes.py .aws-sam/build

Fails when a function leaves less than 5 MB: the next release of a wheel would not fit.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

LIMIT = 262_144_000
"""Bytes of a function and its layers, unzipped. AWS Lambda quotas, 'Deployment package'."""

MARGIN = 5_000_000


@dataclass(frozen=True)
class BuiltFunction:
    """`code` and `layers` are folders of the build; `architecture` is arm64 or x86_64."""

    name: str
    handler: str
    architecture: str
    code: Path
    layers: tuple[Path, ...]
    memory: int
    timeout: int
    environment: dict[str, Any]

    @property
    def bytes(self) -> int:
        return sum(bytes_below(folder) for folder in (self.code, *self.layers))


def built_functions(build: Path) -> list[BuiltFunction]:
    """What `sam build` made, read from the template it wrote."""
    document = yaml_parse((build / "template.yaml").read_text())
    resources, common = document["Resources"], document["Globals"]["Function"]
    return [
        BuiltFunction(
            name=name,
            handler=properties.get("Handler", common.get("Handler")),
            architecture=properties["Architectures"][0],
            code=build / properties["CodeUri"],
            layers=tuple(
                build / resources[layer["Ref"]]["Properties"]["ContentUri"]
                for layer in properties["Layers"]
            ),
            memory=properties["MemorySize"],
            timeout=properties.get("Timeout", common.get("Timeout")),
            environment=common["Environment"]["Variables"]
            | properties.get("Environment", {}).get("Variables", {}),
        )
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
        for properties in (resource["Properties"],)
    ]


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    functions = built_functions(Path(sys.argv[1]))
    print(f"{'function':<24}{'processor':<11}{'unzipped':>13}{'to spare':>13}")
    for function in functions:
        left = LIMIT - function.bytes
        row = f"{function.name:<24}{function.architecture:<11}{function.bytes:>13,}{left:>13,}"
        print(row + ("" if left >= MARGIN else "  TOO LITTLE"))
    tight = [f.name for f in functions if LIMIT - f.bytes < MARGIN]
    if tight:
        print(
            f"{', '.join(tight)}: under {MARGIN:,} bytes to spare of {LIMIT:,}; "
            "trim a layer (infra/build_layer.py) or move code to another function",
            file=sys.stderr,
        )
    return 1 if tight else 0


if __name__ == "__main__":
    raise SystemExit(main())
