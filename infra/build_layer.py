"""Build one Lambda layer: install for another processor, trim, byte-compile.

`sam build` runs this from a copy of a layer's folder through that folder's Makefile:

    build_layer.py arm64|x86_64|any TARGET

A folder with `requirements.txt` becomes TARGET/python with those wheels, chosen for Amazon Linux
2023 (glibc 2.34) and CPython 3.13 whatever Python and machine do the work. A folder without it is
the package itself and its `python/` is copied.

Byte code halves the cold start of the pure Python parts. It needs a python3.13, which the variable
PYTHON313 names; without it the layer is complete and starts slower. `.pyc` files carry a hash that
is not checked, since packagers rewrite the times that Python otherwise compares.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

UV_PLATFORM = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}

NEVER_NEEDED = (
    "**/tests",  # but numpy/testing stays: scipy imports it
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.pxi",
    "**/*.c",
    "**/*.cpp",
    "**/*.h",
    "**/*.a",
    "**/*.f90",
    "**/include",
    "**/includes",
    "**/__pycache__",
    "bin",
    "**/*.dist-info/RECORD",  # it would list files that are gone
    # The sample data of scikit-learn.
    "sklearn/datasets/data",
    "sklearn/datasets/descr",
    "sklearn/datasets/images",
    # pyarrow unrolls a chain of links into three copies; its modules ask for the middle name.
    "pyarrow/libarrow_python.so",
    "pyarrow/libarrow_python.so.*.*.*",
    # pyarrow's RPC, clouds, ORC and encryption. libarrow_substrait.so must stay: dataset links it.
    "pyarrow/*flight*",
    "pyarrow/*orc*",
    "pyarrow/*gcsfs*",
    "pyarrow/*azurefs*",
    "pyarrow/*hdfs*",
    "pyarrow/*encryption*",
    "pyarrow/_substrait*",
    "pyarrow/_pyarrow_cpp_tests*",
    "pyarrow/src",
    # DuckDB's imitation of Spark.
    "duckdb/experimental",
    # Swagger UI (the API brings a page of its own), and Powertools that no function imports.
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.css",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/batch",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
)
"""Glob patterns below TARGET/python. numpy, scipy and scikit-learn are never stripped: that breaks
OpenBLAS and libgfortran (scipy#17438). numpy.f2py stays: scipy imports it."""


def main(arguments: list[str]) -> int:
    architecture, target = arguments[0], Path(arguments[1]) / "python"
    requirements = Path("requirements.txt")
    if requirements.exists():
        install(requirements, architecture, target)
        trim(target)
        compile_bytes(target, keep_source=False)
    else:
        shutil.copytree("python", target, ignore=shutil.ignore_patterns("__pycache__"))
        compile_bytes(target, keep_source=True)
    return 0


def install(requirements: Path, architecture: str, target: Path) -> None:
    """Wheels only, hashes required; nothing is ever built from source."""
    uv = os.environ.get("UV", "uv")
    command = [uv, "pip", "install", "--quiet", "--requirement", str(requirements)]
    command += ["--target", str(target), "--python", sys.executable]
    command += ["--python-version", "3.13", "--python-platform", UV_PLATFORM[architecture]]
    command += ["--only-binary", ":all:", "--no-deps", "--require-hashes", "--link-mode", "copy"]
    subprocess.run(command, check=True)  # noqa: S603 - our own command


def trim(target: Path) -> None:
    for pattern in NEVER_NEEDED:
        for path in list(target.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def compile_bytes(target: Path, *, keep_source: bool) -> None:
    """Hash-marked byte code, beside the source or instead of it.

    The wheels give up their source: scikit-learn with DuckDB has no room for both. Tracebacks
    through them keep names and line numbers and lose only the text of the line.
    """
    python = os.environ.get("PYTHON313")
    if not python:
        print(f"{target}: no python3.13 here, so no byte code", file=sys.stderr)
        return
    command = [python, "-I", "-m", "compileall", "-q", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", *([] if keep_source else ["-b"])]
    subprocess.run([*command, str(target)], check=True)  # noqa: S603
    if not keep_source:
        for source in target.rglob("*.py"):
            source.unlink()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
