"""Destinations as documents: what is in their settings is the business of `delivery/`.

Signing secrets and URLs lie in these items and nowhere else; the table is encrypted at rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..errors import NotFound, Raced
from .table import Action, Table, TransactionRefused

PK = "DESTINATION"


@dataclass(frozen=True)
class DestinationStore:
    """Keeps destinations under their ids. Whoever changes one says which version it was read in, so
    that two changes at once are one after the other."""

    table: Table

    def put(self, document: Mapping[str, Any]) -> None:
        """Keep a new one. Raises Raced for an id that is taken."""
        item = {**document, "version": 1}
        try:
            self.table.apply(
                Action(PK, document["id"], put=item, condition="attribute_not_exists(pk)")
            )
        except TransactionRefused:
            raise Raced(f"The id {document['id']} is taken; repeat with a fresh one.") from None

    def find(self, destination_id: str) -> tuple[dict[str, Any], int] | None:
        """(document, version), or None."""
        item = self.table.get(PK, destination_id)
        return None if item is None else (item, item.pop("version"))

    def get(self, destination_id: str) -> tuple[dict[str, Any], int]:
        """(document, version). Raises NotFound."""
        found = self.find(destination_id)
        if found is None:
            raise missing(destination_id)
        return found

    def page(self, limit: int, after: str | None) -> tuple[list[dict[str, Any]], bool]:
        """Destinations in the order they were made, from behind the id `after`; whether more
        follow."""
        items, more = self.table.page(PK, limit, after)
        for item in items:
            del item["version"]
        return items, more

    def change(
        self, destination_id: str, version: int, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Set some attributes of what was read as `version`; the document as it is now.

        Raises NotFound, Raced when it was changed meanwhile.
        """
        try:
            item = self.table.apply(_set(destination_id, changes, version))
        except TransactionRefused:
            self.get(destination_id)
            raise Raced(f"{destination_id} is being changed by others; try again.") from None
        del item["version"]
        return item

    def disable(self, destination_id: str, reason: str, now: datetime) -> None:
        """Have nothing more sent to it; nothing happens to one that is gone."""
        changes = {"enabled": False, "reason": reason, "updated_at": now.isoformat()}
        try:
            self.table.apply(_set(destination_id, changes))
        except TransactionRefused:
            return

    def delete(self, destination_id: str) -> None:
        """Raises NotFound."""
        if not self.table.delete(PK, destination_id):
            raise missing(destination_id)


def missing(destination_id: str) -> NotFound:
    """The error for a destination id that does not exist."""
    return NotFound(f"There is no destination {destination_id!r}. GET /v1/destinations lists them.")


def _set(destination_id: str, changes: Mapping[str, Any], version: int | None = None) -> Action:
    sets = ", ".join(f"#{i} = :{i}" for i in range(len(changes)))
    same = "" if version is None else " AND #version = :version"
    values = {":one": 1} | ({} if version is None else {":version": version})
    return Action(
        PK,
        destination_id,
        update=f"SET {sets}, #version = #version + :one",
        condition=f"attribute_exists(pk){same}",
        names={"#version": "version"} | {f"#{i}": name for i, name in enumerate(changes)},
        values=values | {f":{i}": value for i, value in enumerate(changes.values())},
    )
