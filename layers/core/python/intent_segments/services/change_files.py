"""Where the members whose standing changed with a night are written down, and what of it is told.

One file per goal, night and group of users lies beside the scores that it is made with, at keys
that the plan determines. Columns: uh, user_id, from_bucket and to_bucket (labels of `Standing`),
likelihood (0..1, NULL unless open), arm; rows in the order of uh. The manifest, written before the
night is published, lists the files with what each of them holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..goals.changes import Changes
from ..goals.goal import ScoreFiles
from ..goals.plan import Plan
from ..store.stores import Stores


def changes_folder(goal_id: str, files: ScoreFiles) -> str:
    """The folder of a night's change files, beside its score files."""
    return f"scores/{goal_id}/{files.date.isoformat()}/{files.attempt}/changes/"


def change_key(goal_id: str, files: ScoreFiles, group: int) -> str:
    """The change file of one group of users."""
    return f"{changes_folder(goal_id, files)}g={group:04d}.parquet"


def manifest_key(goal_id: str, files: ScoreFiles) -> str:
    """What lists the change files of a night."""
    return f"{changes_folder(goal_id, files)}manifest.json"


def keep_manifests(stores: Stores, plan: Plan, changes: Mapping[str, Sequence[Changes]]) -> None:
    """Write the manifests of a run's goals, whose changes are given group by group. It comes before
    the run is published: whoever hears of it finds them."""
    files = plan.scores()
    for goal in plan.goals:
        listed = [
            {
                "key": change_key(goal.id, files, number),
                "changed": found.changed,
                "matrix": found.to_json(),
            }
            for number, found in enumerate(changes[goal.id])
        ]
        document = {"goal_id": goal.id, "date": plan.date.isoformat(), "files": listed}
        stores.objects.put_json(manifest_key(goal.id, files), document)


def manifest_url(bucket: str, goal_id: str, files: ScoreFiles) -> str:
    """The link to a manifest that an event has."""
    return f"s3://{bucket}/{manifest_key(goal_id, files)}"


def read_manifest(stores: Stores, goal_id: str, files: ScoreFiles) -> dict[str, Any]:
    """What `keep_manifests` wrote. Raises NotFound."""
    found: dict[str, Any] = stores.objects.get_json(manifest_key(goal_id, files))
    return found
