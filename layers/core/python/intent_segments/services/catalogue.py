"""What the lake holds at this moment: the watermark, every event ever seen, every trait."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..errors import Conflict, InvalidInput
from ..lake.calendar import from_day
from ..lake.manifest import MAX_PROPERTIES
from ..store.stores import Stores

MAX_PAGE_BYTES = 2_000_000
"""Of a page of the catalogue: a function answers with 6 MB at most, and nobody reads that much."""

NOT_LOOKED_INTO: Mapping[str, Any] = {
    "counted": 0,
    "distinct": None,
    "distinct_or_more": False,
    "values": "not_looked_into",
    "top": [],
    "withheld": 0,
}
"""Of properties beyond the limits of `events/details.py`, or loaded before there were details."""


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


def events(
    stores: Stores, limit: int, after: str | None = None, prefix: str = ""
) -> tuple[dict[str, Any], bool]:
    """A page of event names, most frequent first, with the watermark; whether more follow.

    `prefix` keeps names that begin with it, upper or lower case. The page begins behind the event
    `after` and ends early where it would get larger than MAX_PAGE_BYTES. Empty before the first
    import. Raises InvalidInput for an `after` that is no event.
    """
    state = _state_or_none(stores)
    if state is None:
        return {"data": [], "watermark": None}, False
    details = _details(stores, state)["events"]
    seen = state.manifest["catalogue"]
    names = sorted(seen, key=lambda name: (-seen[name]["count"], name))
    found, more = _page(
        names, limit, after, prefix, lambda name: _event(name, seen[name], details.get(name))
    )
    return {"data": found, "watermark": state.watermark.isoformat()}, more


def traits(
    stores: Stores, limit: int, after: str | None = None, prefix: str = ""
) -> tuple[dict[str, Any], bool]:
    """The same of the traits of profiles, in the order of their names."""
    state = _state_or_none(stores)
    if state is None:
        return {"data": [], "watermark": None}, False
    details = _details(stores, state)["traits"]
    found, more = _page(
        sorted(details), limit, after, prefix, lambda name: _trait(name, details[name])
    )
    return {"data": found, "watermark": state.watermark.isoformat()}, more


def _state_or_none(stores: Stores) -> LakeState | None:
    try:
        return lake_state(stores)
    except Conflict:
        return None


def _details(stores: Stores, state: LakeState) -> Mapping[str, Any]:
    """What `events/details.py` shows; nothing in a lake from before there were details."""
    prefix = state.manifest.get("details")
    if prefix is None:
        return {"events": {}, "traits": {}}
    shown: Mapping[str, Any] = stores.objects.get_json(f"{prefix}/shown.json")
    return shown


def _page(
    names: Sequence[str],
    limit: int,
    after: str | None,
    prefix: str,
    entry: Callable[[str], dict[str, Any]],
) -> tuple[list[dict[str, Any]], bool]:
    if after is not None and after not in names:
        raise InvalidInput.at(
            "starting_after",
            f"starting_after must be a name of this list, not {after!r}; take the last one of the "
            "page before.",
        )
    begin = 0 if after is None else names.index(after) + 1
    wanted = [name for name in names[begin:] if name.casefold().startswith(prefix.casefold())]
    found: list[dict[str, Any]] = []
    size = 0
    for name in wanted[:limit]:
        made = entry(name)
        size += len(json.dumps(made))
        if found and size > MAX_PAGE_BYTES:
            break
        found.append(made)
    return found, len(found) < len(wanted)


def _event(name: str, seen: Mapping[str, Any], details: Mapping[str, Any] | None) -> dict[str, Any]:
    values = {} if details is None else details["values"]
    return {
        "id": name,
        "event": name,
        "count": seen["count"],
        "users": None if details is None else details["users"],
        "users_margin": None if details is None else details["users_margin"],
        "first_day": _day(seen["first_day"]),
        "last_day": _day(seen["last_day"]),
        "properties": [
            {"property": key, **_values(entry["kinds"], values.get(key))}
            for key, entry in sorted(seen["properties"].items())
        ],
        "more_properties": len(seen["properties"]) >= MAX_PROPERTIES,
    }


def _trait(name: str, details: Mapping[str, Any]) -> dict[str, Any]:
    of_trait = details["values"].get(name)
    return {
        "id": name,
        "property": name,
        "users": details["users"],
        "users_margin": details["users_margin"],
        "first_day": _day(details["first_day"]),
        "last_day": _day(details["last_day"]),
        **_values({} if of_trait is None else of_trait["kinds"], of_trait),
    }


def _values(kinds: Mapping[str, int], found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values of one property; `found` is None for one that is not looked into."""
    count = sum(kinds.values())
    known = NOT_LOOKED_INTO if found is None else found
    return {
        "count": count,
        "kinds": kinds,
        "shares": {kind: round(n / count, 4) for kind, n in kinds.items()},
        **{key: known[key] for key in NOT_LOOKED_INTO},
        **_range(known, kinds),
    }


def _range(found: Mapping[str, Any], kinds: Mapping[str, int]) -> dict[str, Any]:
    """The least and greatest number; of a trait that holds instants alone, ISO strings in UTC."""
    low, high = found.get("min"), found.get("max")
    if set(kinds) == {"timestamp"}:
        return {"min": _instant(low), "max": _instant(high)}
    return {"min": low, "max": high}


def _instant(micros: float | None) -> str | None:
    if micros is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
    return moment.isoformat().replace("+00:00", "Z")


def _day(day: int | None) -> str | None:
    return None if day is None else from_day(day).isoformat()
