"""Calls that could not be used, as they came: from the files under `rejected/calls/`."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import InvalidInput
from ..lake.calendar import parse_date
from ..lake.layout import user_hash
from ..store.stores import Stores
from .suppression import suppressed

FOLDER = "rejected/calls/"
MOST_SHOWN = 128 << 10
"""Characters of a call that are shown; a longer one is cut, as text."""
ID = re.compile(r"\d{4}-\d{2}-\d{2}/\d{2}/[\w.-]+#\d+")
"""A file's key behind FOLDER, and the line."""
IDS = ("userId", "anonymousId", "previousId")


def page(
    stores: Stores, limit: int, after: str | None, day: str | None
) -> tuple[list[dict[str, Any]], bool]:
    """Refused calls of one day (ISO, by which they were sent, UTC), the newest hour first; of the
    newest day that has any when `day` is None. Whether more follow.

    Those of users whose erasure is pending are left out. Raises InvalidInput.
    """
    if after is not None and not ID.fullmatch(after):
        raise InvalidInput.at(
            "starting_after",
            f"starting_after must be the id of a refused call, not {after!r}; take the last one of "
            "the page before.",
        )
    if day is not None:
        wanted = f"{FOLDER}{parse_date(day, 'date').isoformat()}/"
    elif after is not None:
        wanted = f"{FOLDER}{after.partition('/')[0]}/"
    else:
        days = stores.objects.folders(FOLDER)
        if not days:
            return [], False
        wanted = days[-1]
    found: list[dict[str, Any]] = []
    for call in _calls(stores, wanted, after):
        if len(found) == limit:
            return found, True
        text = json.dumps(call["call"], ensure_ascii=False)
        found.append(call | {"call": text[:MOST_SHOWN]} if len(text) > MOST_SHOWN else call)
    return found, False


def _calls(stores: Stores, wanted: str, after: str | None) -> Iterator[dict[str, Any]]:
    file, _, last = (after or "").partition("#")
    hidden = suppressed(stores)
    for key in reversed(stores.objects.keys(wanted)):
        name = key.removeprefix(FOLDER)
        if after is not None and name > file:
            continue
        lines = gzip.decompress(stores.objects.get(key)).splitlines()
        for number, line in enumerate(lines):
            if after is not None and name == file and number <= int(last):
                continue
            kept = json.loads(line)
            if not _users(kept["call"]) & hidden:
                at_fault, _, message = kept["set_aside"].partition(": ")
                yield {
                    "id": f"{name}#{number}",
                    "at": kept["at"],
                    "field": at_fault,
                    "message": message,
                    "call": kept["call"],
                }


def _users(call: Any) -> set[int]:
    """Hashes of the users whom a call names, whatever else it is."""
    if not isinstance(call, dict):
        return set()
    ids = (call.get(name) for name in IDS)
    return {user_hash(str(found)) for found in ids if isinstance(found, str | int)}
