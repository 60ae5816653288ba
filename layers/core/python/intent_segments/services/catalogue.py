"""What the lake holds at this moment: the watermark, and every event ever seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..errors import Conflict
from ..lake.calendar import from_day
from ..lake.manifest import MAX_PROPERTIES
from ..store.stores import Stores


@dataclass(frozen=True)
class LakeState:
    """One committed state of the lake. `manifest` is the JSON at `manifest_key`."""

    version: int
    manifest_key: str
    watermark: date
    manifest: Mapping[str, Any]

    @property
    def event_names(self) -> frozenset[str]:
        """Every event name with at least one event."""
        return frozenset(self.manifest["catalogue"])

    @property
    def events(self) -> dict[str, frozenset[str] | None]:
        """Event name -> the names of its properties; None where there are more than are kept."""
        return {
            name: frozenset(seen["properties"])
            if len(seen["properties"]) < MAX_PROPERTIES
            else None
            for name, seen in self.manifest["catalogue"].items()
        }


def lake_state(stores: Stores) -> LakeState:
    """The present state. Raises Conflict before the first import."""
    head = stores.head.read()
    if head.manifest_key is None or head.watermark is None:
        raise Conflict(
            "Nothing has been loaded yet, so there is no day to start from. Load events first: "
            "`intent load FILE`."
        )
    manifest = stores.objects.get_json(head.manifest_key)
    return LakeState(head.version, head.manifest_key, head.watermark, manifest)


def events(stores: Stores) -> dict[str, Any]:
    """The catalogue of event names, most frequent first, with what is known of their properties.

    Empty before the first import.
    """
    try:
        state = lake_state(stores)
    except Conflict:
        return {"data": [], "watermark": None}
    entries = [_entry(name, seen) for name, seen in state.manifest["catalogue"].items()]
    entries.sort(key=lambda entry: (-entry["count"], entry["event"]))
    return {"data": entries, "watermark": state.watermark.isoformat()}


def _entry(name: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "event": name,
        "count": seen["count"],
        "first_day": from_day(seen["first_day"]).isoformat(),
        "last_day": from_day(seen["last_day"]).isoformat(),
        "properties": [
            {"property": key, "kinds": entry["kinds"]}
            for key, entry in sorted(seen["properties"].items())
        ],
    }
