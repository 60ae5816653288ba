"""Whether the jobs of a run have the memory that they take, told before the first of them begins.

A job that runs out of memory is killed without a word. What it takes follows from what the manifest
counts: users, rows of activity (a user, event and day) and values of traits, of the largest group
and of the panel. Bytes of each were measured as the peak of processes that did one job of five
goals on a lake in several parts, and of those that did many one after the other, which take more;
and rounded up (tests/unit/store/test_job_memory.py has the figures).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from ..errors import TooLittleMemory
from ..lake.layout import SLOTS
from ..lake.manifest import Manifest, panel_bound

MEGABYTE = 1 << 20
MOST_MEMORY = 10_240
"""MB that a function can have (Lambda's quota)."""

STEP = 256
"""MB: what a remedy is rounded up to."""

TIGHT = 0.75
"""From this share of a function's memory on a run carries a warning."""


@dataclass(frozen=True)
class Takes:
    """What a job takes: MB whatever it reads, and bytes for each user, row and value."""

    base: int
    user: int
    row: int
    trait: int


SCORING = Takes(base=580, user=450, row=90, trait=270)
TRAINING = Takes(base=640, user=2_100, row=53, trait=270)


@dataclass(frozen=True)
class Load:
    """What a job reads: `users`, `rows` of activity, values of `traits`."""

    users: int
    rows: int
    traits: int

    def megabytes(self, takes: Takes) -> int:
        """The memory of the job, in MB."""
        bytes_ = takes.user * self.users + takes.row * self.rows + takes.trait * self.traits
        return takes.base + ceil(bytes_ / MEGABYTE)


def largest_group(manifest: Manifest) -> Load:
    """What the group with the most users holds. Users are dealt out by a hash, so that its rows are
    in proportion."""
    slots = manifest.users_per_slot
    sizes = [0] * manifest.groups
    for slot, users in enumerate(slots):
        sizes[slot * manifest.groups // SLOTS] += users
    return _load(manifest, max(sizes))


def panel(manifest: Manifest) -> Load:
    """What the panel holds."""
    return _load(manifest, sum(manifest.users_per_slot[: panel_bound(manifest.users_per_slot)]))


def require_memory(
    manifest: Manifest, memory: int | None, scores: bool = True, trains: bool = True
) -> tuple[str, ...]:
    """What to be careful about where functions of `memory` MB, None for any, are to score groups,
    or to train on the panel. Raises TooLittleMemory, with the remedy, where a job would not have
    enough."""
    if memory is None:
        return ()
    group = (largest_group(manifest), SCORING, f"The largest of {manifest.groups} groups of users")
    asked = [group] if scores else []
    asked += [(panel(manifest), TRAINING, "The panel")] if trains else []
    told = []
    for load, takes, name in asked:
        needed = load.megabytes(takes)
        if needed < TIGHT * memory:
            continue
        message = (
            f"{name} has {load.users:,} users, {load.rows:,} rows of activity and {load.traits:,} "
            f"values of traits: a job on it takes about {needed:,} MB, of {memory:,} that the "
            f"functions have. {_remedy(needed)}"
        )
        if needed > memory:
            raise TooLittleMemory(message)
        told.append(message)
    return tuple(told)


def _remedy(needed: int) -> str:
    wanted = STEP * ceil(needed / TIGHT / STEP)
    if wanted <= MOST_MEMORY:
        return f"Deploy with JobMemory={wanted}; nothing has to be loaded again."
    return (
        f"A function can have {MOST_MEMORY:,} MB: load into a new stack with more groups (the "
        "parameter Groups), fewer traits or fewer kinds of events."
    )


def _load(manifest: Manifest, users: int) -> Load:
    share = users / max(manifest.users, 1)
    rows = {
        table: ceil(share * sum(part.rows for part in manifest.of(table)))
        for table in ("activity", "profiles")
    }
    return Load(users, rows["activity"], rows["profiles"])
