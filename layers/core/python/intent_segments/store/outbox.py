"""Runs that were published and whose events have still to be sent: a transactional outbox.

An entry is made by the very transaction that publishes the run, so that there is one if, and only
if, the run is published; it is taken away when the events are sent. Who dies in between leaves it
to whoever sends next, so that every event goes out at least once.
"""

from __future__ import annotations

from dataclasses import dataclass

from .table import Action, Table

PK = "OUTBOX"


@dataclass(frozen=True)
class Owed:
    """The events of a run of a date (ISO), which wrote one file per group of users."""

    run_id: str
    date: str
    groups: int


@dataclass(frozen=True)
class Outbox:
    """Entries under the ids of runs."""

    table: Table

    def owed(self) -> list[Owed]:
        """All there are, in the order of their dates."""
        found = [Owed(**item) for item in self.table.between(PK, "night-", "setup-~")]
        return sorted(found, key=lambda owed: owed.date)

    def sent(self, owed: Owed) -> None:
        """Take an entry away; nothing happens when it is gone."""
        self.table.delete(PK, owed.run_id)


def owe_action(owed: Owed) -> Action:
    """The action that makes an entry."""
    return Action(PK, owed.run_id, put=vars(owed))
