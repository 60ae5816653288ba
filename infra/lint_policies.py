"""checkov's policies over the templates as CloudFormation gets them: no finding without a reason.

    lint_policies.py CHECKOV

`make audit` runs this with the checkov of .venv-audit. Fails for a finding that `policy_waivers.py`
does not explain, and for an explanation that nothing needs any more.
"""

from __future__ import annotations

import fnmatch
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra.policy_waivers import WAIVERS
from intent_local.stack.project import Project
from intent_local.stack.transform import cloudformation_template


def main(checkov: str) -> int:
    found = findings(checkov)
    used = {waiver for waiver in WAIVERS if any(_fits(waiver, finding) for finding in found)}
    open_ones = sorted({f for f in found if not any(_fits(waiver, f) for waiver in WAIVERS)})
    for check, resource in open_ones:
        print(f"{check} {resource}: mend it, or say why not in infra/policy_waivers.py")
    for check, resource in sorted(WAIVERS.keys() - used):
        print(f"{check} {resource}: nothing needs this waiver any more")
    print(f"checkov: {len(found)} findings, {len(found) - len(open_ones)} of them waived")
    return int(bool(open_ones or used != set(WAIVERS)))


def findings(checkov: str) -> list[tuple[str, str]]:
    """(id of the check, file and resource) of all that failed."""
    project = Project()
    with tempfile.TemporaryDirectory() as folder:
        whole = json.dumps(cloudformation_template(project), indent=1)
        (Path(folder) / "template.json").write_text(whole)
        for file in (project.root / "infra").glob("*.yaml"):
            if not file.name.endswith(".asl.yaml"):
                shutil.copy(file, folder)
        command = [checkov, "--skip-download", "--framework", "cloudformation", "-o", "json"]
        command += ["--directory", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"checkov: {done.stderr[-2000:] or done.stdout[-2000:]}") from None
    return [
        (one["check_id"], f"{Path(one['file_path']).name} {one['resource']}")
        for one in report["results"]["failed_checks"]
    ]


def _fits(waiver: tuple[str, str], finding: tuple[str, str]) -> bool:
    return waiver[0] == finding[0] and fnmatch.fnmatchcase(finding[1], waiver[1])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
