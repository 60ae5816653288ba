"""The built functions as this machine can run them.

A function for the other processor keeps its code, which is Python; its layers of wheels are built
once more for this machine, by the same builder from the same pins.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from infra.find_python import find
from infra.sizes import BuiltFunction, built_functions
from intent_local.stack.project import CHECKOUT

BUILD = CHECKOUT / ".aws-sam" / "build"
HERE = CHECKOUT / ".aws-sam" / "this-machine"
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
BUILDER = CHECKOUT / "infra" / "build_layer.py"


def why_not() -> str | None:
    """Why the built functions cannot run here, in words; None when they can."""
    if not (BUILD / "template.yaml").exists():
        return "nothing is built: `make test-artefacts` builds and then runs this"
    if find("3.13") is None:
        return "no Python 3.13 on this machine; the functions run on nothing else"
    return None


def functions() -> dict[str, BuiltFunction]:
    """By logical id, without the suffix `Function`."""
    return {f.name.removesuffix("Function"): f for f in built_functions(BUILD)}


def layers_of(function: BuiltFunction) -> tuple[Path, ...]:
    """The layers of a function, of this machine's processor."""
    if function.architecture == ARCHITECTURE:
        return function.layers
    resources = yaml_parse((CHECKOUT / "template.yaml").read_text())["Resources"]
    uris = [resources[layer.name]["Properties"]["ContentUri"] for layer in function.layers]
    return tuple(
        built if uri.endswith("/core") else wheels(CHECKOUT / uri)
        for built, uri in zip(function.layers, uris, strict=True)
    )


def runtime() -> Path:
    """What Lambda brings along itself: its client and boto3."""
    return wheels(Path(__file__).parent) / "python"


def wheels(folder: Path) -> Path:
    """The wheels of a requirements.txt, installed once per content of it."""
    pins = (folder / "requirements.txt").read_bytes() + BUILDER.read_bytes()
    target = HERE / f"{folder.name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    if not target.exists():
        draft = target.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        env = os.environ | {"UV": uv(), "PYTHON313": find("3.13") or ""}
        command = [sys.executable, str(BUILDER), ARCHITECTURE, str(draft)]
        subprocess.run(command, cwd=folder, env=env, check=True)
        draft.rename(target)
    return target


def uv() -> str:
    """The pinned uv of `make setup`, or the one on the PATH."""
    pinned = CHECKOUT / ".uv" / "bin" / "uv"
    return str(pinned) if pinned.exists() else "uv"
