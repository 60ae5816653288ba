"""Write each requirements.txt of a layer: the names in requirements.in, pinned as uv.lock says.

`make lock-layers` runs this after uv.lock has changed. The laptop, the tests and the layers then
run the same versions, which matters most for scikit-learn: models are pickled. tests/unit/
test_template.py fails when a layer and uv.lock disagree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FROM_ANOTHER_LAYER = {"ml": ["numpy"]}
"""A function with the ml layer has the duckdb layer too, and numpy in it: DuckDB hands columns over
as numpy arrays."""


def pins() -> str:
    """One `name==version` per package that uv.lock holds in a single version."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    found: dict[str, set[str]] = {}
    for package in packages:
        if "registry" in package["source"]:
            found.setdefault(package["name"], set()).add(package["version"])
    return "\n".join(f"{name}=={vs.pop()}" for name, vs in found.items() if len(vs) == 1)


def main() -> int:
    uv = os.environ.get("UV", "uv")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write(pins())
        constraints.flush()
        for names in sorted(ROOT.glob("[lt]*/*/requirements.in")):  # layers, tests/artefacts
            target = names.with_name("requirements.txt")
            command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.13"]
            command += ["--python", sys.executable, "--generate-hashes", "--no-annotate"]
            command += ["--custom-compile-command", "make lock-layers"]
            command += ["--constraint", constraints.name, str(names), "--output-file", str(target)]
            for name in FROM_ANOTHER_LAYER.get(names.parent.name, []):
                command += ["--no-emit-package", name]
            subprocess.run(command, check=True)  # noqa: S603 - our own command
            print(target.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
