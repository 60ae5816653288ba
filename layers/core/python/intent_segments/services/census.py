"""Whom a question about users is put to: everybody, or the panel where everybody would take too
long for somebody who waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from pathlib import Path

from ..errors import InvalidInput
from ..goals.wilson import Z95, wilson
from ..lake.layout import SLOTS, group_bounds, group_of, slot_of, slot_start
from ..lake.manifest import Manifest, panel_bound, read_manifest
from ..lake.reader import bytes_of
from ..lake.tables import Tables
from ..segments.definition import Definition
from ..store.stores import Stores
from .opening import group_tables, panel_tables, single_events, tables_wanted

EXACT_BYTES = 256 << 20
"""Files of a question that everybody is still asked for. Fetching them takes a function that
answers over HTTP about 5 seconds of its 20, at the 50 to 80 MB/s that S3 gives it."""

Prepare = Callable[[Tables, int], None]
"""Fills what tables of one group need besides, such as scores."""

MOST_BYTES = 1 << 30
"""Files of a question at most, also for who insists: they must fit the function's disk."""


@dataclass(frozen=True)
class Counted:
    """A number of users, or, where only a sample of them was asked, an estimate of it with its
    95 % interval `low`..`high`."""

    users: int
    low: int
    high: int


@dataclass(frozen=True)
class Sampled:
    """`asked` users of `total` were asked, a random part: those of the lowest hashes."""

    asked: int
    total: int

    @property
    def everybody(self) -> bool:
        return self.asked >= self.total

    def scaled(self, count: int) -> Counted:
        """How many of all users it takes for `count` of those who were asked.

        Wilson's interval at the effective size of a sample drawn without replacement: n (N - 1) /
        (N - n) (Cochran 1977, "Sampling techniques", section 2.6), never below the number seen.
        """
        if self.everybody:
            return Counted(count, count, count)
        if self.asked == 0:
            return Counted(0, 0, self.total)
        weight = (self.total - 1) / (self.total - self.asked)
        bounds = wilson(count * weight, self.asked * weight, Z95)
        assert bounds is not None  # somebody was asked
        most = self.total - (self.asked - count)
        users = round(count * self.total / self.asked)
        low = max(count, min(users, floor(bounds[0] * self.total)))
        high = min(most, max(users, ceil(bounds[1] * self.total)))
        return Counted(users, low, high)


@dataclass(frozen=True)
class Census:
    """One question about users at one state of the lake. `exact` insists on everybody, `panel` says
    that only the panel is asked.

    Made by `Census.of`; `tables` opens those who are asked, in ascending order of the user hash.
    """

    stores: Stores
    manifest_key: str
    manifest: Manifest
    definitions: tuple[Definition, ...]
    folder: Path
    exact: bool
    panel: bool
    as_of: date | None

    @classmethod
    def of(
        cls,
        stores: Stores,
        manifest_key: str,
        definitions: Sequence[Definition],
        folder: Path,
        exact: bool = False,
        as_of: date | None = None,
    ) -> Census:
        """`definitions` are all that will be asked, referenced segments in place; on the day
        `as_of` where there is but one. `exact` asks everybody also where that takes long. Raises
        InvalidInput where that takes too much."""
        manifest = read_manifest(stores.objects, manifest_key)
        wanted = tables_wanted(definitions)
        size = bytes_of(manifest, wanted, single_events(definitions, (), as_of))
        if exact and size > MOST_BYTES:
            raise InvalidInput.at(
                "exact",
                f"exact would read {size / 1e9:.1f} GB for this segment; at most "
                f"{MOST_BYTES / 1e9:.1f} GB can be read while you wait. Leave exact out for an "
                "estimate with its interval, or export the segment.",
            )
        panel = not exact and size > EXACT_BYTES and panel_bound(manifest.users_per_slot) < SLOTS
        return cls(stores, manifest_key, manifest, tuple(definitions), folder, exact, panel, as_of)

    @property
    def bound(self) -> int:
        """The slot of the user hash below which everybody is asked."""
        return panel_bound(self.manifest.users_per_slot) if self.panel else SLOTS

    def sampled(self, bound: int) -> Sampled:
        """The users below a slot, as a part of all."""
        return Sampled(sum(self.manifest.users_per_slot[:bound]), self.manifest.users)

    def tables(self, prepare: Prepare) -> Iterator[tuple[int, Tables]]:
        """(the slot below which everybody has been asked once this is done, tables).

        `prepare` is called with tables and the number of each group that they hold. The tables are
        closed when the next ones are asked for.
        """
        groups = self.manifest.groups
        if self.panel:
            tables, _ = panel_tables(
                self.stores, self.manifest_key, self.definitions, (), self.folder, (), self.as_of
            )
            for group in range(group_of(slot_start(self.bound) - 1, groups) + 1):
                prepare(tables, group)
            yield self.bound, tables
            tables.con.close()
            return
        for group in range(groups):
            tables = group_tables(
                self.stores,
                self.manifest_key,
                group,
                self.definitions,
                (),
                self.folder,
                as_of=self.as_of,
            )
            prepare(tables, group)
            yield slot_of(group_bounds(group, groups)[1]), tables
            tables.con.close()
