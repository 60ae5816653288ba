"""What a night counts of a goal for its uplift: members in both arms, by who they were on day 0.

It is no part of the night's item, which has room for what everybody looks at, but a document of its
own, which the item names by its checksum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .strata import Strata


@dataclass(frozen=True)
class Effects:
    """Counts of one goal in one user group at the end of one day. `+` merges groups.

    `strata` are of the goal's own events; of a rolling goal, of the window that is complete, by
    what was known when it began.
    """

    strata: Strata = field(default_factory=Strata)

    def __add__(self, other: Effects) -> Effects:
        return Effects(strata=self.strata + other.strata)

    def faults(self, members: int) -> list[str]:
        """The rules that these counts break in a tally of so many `members`."""
        if self.strata.users not in (0, members):
            return ["members = sum of strata users"]
        return []

    def to_json(self) -> dict[str, Any]:
        return {"strata": self.strata.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Effects:
        """The inverse of `to_json`; nothing of what an older version did not count."""
        return cls(strata=Strata.from_json(document.get("strata") or ()))
