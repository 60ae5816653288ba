"""Print the path of a Python of a given version; nothing when this machine has none.

    find_python.py 3.13

Looks on the PATH, in pyenv's folders and where uv looks. A candidate is asked for its version: a
pyenv shim is on the PATH and fails when its version is not the chosen one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def find(version: str) -> str | None:
    """Absolute path of the first interpreter that says it is `version` (such as "3.13")."""
    return next((path for path in candidates(version) if is_version(path, version)), None)


def candidates(version: str) -> Iterator[str]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for folder in sorted(pyenv.glob(f"versions/{version}.*"), reverse=True):
        yield str(folder / "bin" / f"python{version}")
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        command = [uv, "python", "find", "--no-python-downloads", version]
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if found.returncode == 0:
            yield found.stdout.strip()


def is_version(path: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        told = subprocess.run([path, "-I", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return False
    return told.stdout.strip() == version


if __name__ == "__main__":
    print(find(sys.argv[1]) or "")
