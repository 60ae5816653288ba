"""Imports point one way: api -> services -> propensity, store -> goals -> segments, lake -> errors.

And what a function does not need, its imports do not load: that is its cold start.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/core/python/intent_segments"

MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors", "lake"},
    "telemetry": {"errors"},
    "lake": {"errors"},
    "calls": {"errors"},
    "events": {"errors", "lake", "calls", "store"},
    "segments": {"errors", "lake"},
    "goals": {"errors", "lake", "segments"},
    "campaigns": {"errors", "goals"},
    "delivery": {"errors", "settings", "lake"},
    "propensity": {"errors", "lake", "segments", "goals"},
    "store": {"errors", "settings", "telemetry", "lake", "goals", "campaigns"},
    "services": {
        *("errors", "settings", "telemetry", "lake", "calls", "events", "segments", "goals"),
        *("campaigns", "propensity", "delivery", "store"),
    },
    "pages": {"errors", "lake"},
    "api": {
        *("errors", "settings", "telemetry", "calls", "store", "services", "segments", "goals"),
        "pages",
    },
}
"""Part of the package -> the other parts it may import."""

THIN = ("api", "calls", "land_calls", "plan_run", "record_progress")
HEAVY = ("pyarrow", "duckdb", "numpy", "sklearn", "scipy")


def modules() -> Iterator[tuple[Path, str, str]]:
    """(file, the part it is in, the dotted name it imports) for every import, lazy ones too."""
    for file in sorted(PACKAGE.rglob("*.py")):
        relative = file.relative_to(PACKAGE)
        part = relative.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield file, part, name.name
            elif isinstance(node, ast.ImportFrom):
                above = list(relative.parts[:-1])
                base = above[: len(above) - (node.level - 1)] if node.level else []
                prefix = ["intent_segments", *base] if node.level else []
                stem = ".".join([*prefix, *([node.module] if node.module else [])])
                for name in node.names:
                    yield file, part, f"{stem}.{name.name}"


def test_imports_inside_the_package_point_one_way() -> None:
    wrong = set()
    for file, part, name in modules():
        steps = name.split(".")
        if steps[0] != "intent_segments" or part == "__init__" or len(steps) < 2:
            continue
        other = steps[1]
        if other not in MAY_IMPORT or other == part:
            continue
        if other not in MAY_IMPORT[part]:
            wrong.add(f"{file.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_every_part_of_the_package_has_a_place_in_the_order() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith("_")}
    assert parts == set(MAY_IMPORT)


def test_boto3_is_used_where_data_is_kept_or_delivered_and_nowhere_else() -> None:
    users = {part for _, part, name in modules() if name.split(".")[0] in ("boto3", "botocore")}
    assert users <= {"lake", "store", "delivery"}


def test_no_client_and_no_environment_is_touched_by_an_import() -> None:
    """boto3 is imported by the functions that need it, never at the top of a module."""
    tops = []
    for file in PACKAGE.rglob("*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [name.name for name in node.names] + [getattr(node, "module", "") or ""]
                if any(name.split(".")[0] in ("boto3", "botocore") for name in names):
                    tops.append(str(file.relative_to(ROOT)))
    assert not tops


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys; sys.path[:0] = {[str(PACKAGE.parent), str(ROOT)]!r}; {statement}; "
    code += "print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("function", THIN)
def test_a_thin_handler_loads_no_heavy_library(function: str) -> None:
    loaded = loaded_by(f"import functions.{function}.handler")
    assert not loaded & set(HEAVY)
    assert "pydantic" not in loaded and "boto3" not in loaded


def imported_by(function: str) -> set[str]:
    """Modules of the package that a function can ever import: also those that it imports late."""
    waiting = [ROOT / f"functions/{function}/handler.py"]
    found: set[str] = set()
    while waiting:
        file = waiting.pop()
        package = (
            ["intent_segments", *file.relative_to(PACKAGE).parts[:-1]]
            if PACKAGE in file.parents
            else []
        )
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom):
                continue
            above = package[: len(package) - (node.level - 1)] if node.level else []
            stem = [*above, *(node.module.split(".") if node.module else [])]
            for steps in (stem, *([*stem, name.name] for name in node.names)):
                path = PACKAGE.parent.joinpath(*steps).with_suffix(".py")
                name = ".".join(steps)
                if steps[:1] == ["intent_segments"] and path.is_file() and name not in found:
                    found.add(name)
                    waiting.append(path)
    return found


@pytest.mark.parametrize("function", THIN)
def test_a_thin_function_never_needs_a_heavy_library(function: str) -> None:
    """Not even in an import inside a function: its layers do not have it."""
    absent = ", ".join(f"{name}=None" for name in HEAVY)
    modules = "; ".join(f"import {name}" for name in sorted(imported_by(function)))
    assert "pydantic" in loaded_by(f"sys.modules.update({absent}); {modules}")


def test_an_uplift_is_read_from_counts_without_any_heavy_library() -> None:
    names = sorted(file.stem for file in (PACKAGE / "campaigns").glob("[!_]*.py"))
    loaded = loaded_by("; ".join(f"import intent_segments.campaigns.{name}" for name in names))
    assert not loaded & set(HEAVY)


def test_the_model_code_never_imports_pyarrow() -> None:
    direct = [file for file, part, name in modules() if part == "propensity" and "pyarrow" in name]
    assert not direct
    names = sorted(file.stem for file in (PACKAGE / "propensity").glob("[!_]*.py"))
    # scikit-learn imports pandas where it is installed, and pandas pyarrow; functions have neither.
    absent = "sys.modules.update(pyarrow=None, pandas=None)"
    imports = "; ".join(f"import intent_segments.propensity.{name}" for name in names)
    assert "sklearn" in loaded_by(f"{absent}; {imports}")
