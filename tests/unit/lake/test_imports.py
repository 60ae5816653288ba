"""The lake's reading side runs beside scikit-learn, where pyarrow does not fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import intent_segments


def test_reading_the_lake_loads_neither_pyarrow_nor_boto3() -> None:
    package = Path(intent_segments.__file__).parents[1]
    names = sorted(path.stem for path in (package / "intent_segments/lake").glob("[!_]*.py"))
    code = "; ".join(f"import intent_segments.lake.{name}" for name in names)
    code += "; import sys; print([m for m in ('pyarrow', 'boto3') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(package), "PATH": ""},
    )
    assert done.stdout.strip() == "[]"
