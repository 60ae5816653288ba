"""Why no goal can be made on a live segment, and how to say the same as past behaviour.

A live segment is joined at the moment of an action. A goal learns from the segment as it was on
past days, which such a one was on no day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidInput

LIVE = "live"


def refuse_live(definition: Any) -> None:
    """Raises InvalidInput for a JSON value that is marked `"type": "live"`, itself or inside.

    Any value will do: what else is wrong with a definition is for the language to say.
    """
    for path, clause in _clauses(definition):
        if clause.get("type") == LIVE:
            raise InvalidInput.at(
                f"{path}.type",
                f"{path} is live: its users join at the moment they act, so it was nobody's on any "
                "past day, and past days are what a goal learns from. Goals need past behaviour: "
                f"leave out type and say how far back to look, such as {_as_past_behaviour(clause)}"
                ". The members of day 0 are then frozen, and every night scores them.",
            )


def _clauses(definition: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(JSON path, clause) of everything that may be a clause, outermost first."""
    waiting: list[tuple[str, Any]] = [("definition", definition)]
    while waiting:
        path, clause = waiting.pop()
        if not isinstance(clause, Mapping):
            continue
        yield path, clause
        waiting.append((f"{path}.not", clause.get("not")))
        for kind in ("all", "any"):
            inner = clause.get(kind)
            if isinstance(inner, list):
                waiting += [(f"{path}.{kind}[{i}]", one) for i, one in enumerate(inner)]


def _as_past_behaviour(clause: Mapping[str, Any]) -> str:
    """A past-behaviour clause on the event that the live one is about, where it names one."""
    did = clause.get("did")
    event = did.get("event") if isinstance(did, Mapping) else None
    named = event if isinstance(event, str) else "App Launched"
    written = {"did": {"event": named, "within": {"days": 7}}}
    return json.dumps(written, ensure_ascii=False)
