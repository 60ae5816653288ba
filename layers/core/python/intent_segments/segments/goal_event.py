"""An event that counts for a goal: every one of a name, or only those whose properties fit.

In JSON it is the name, or `{"event": "Charged", "where": [{"property": "amount", "gte": 50}]}` with
the conditions of `did` (docs/segments.md). What is here is plain data in its normal form and loads
nothing; `parse` checks what a caller wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SHOWN_VALUES = 3
"""Values of a list that the words of an event name; the others are counted."""

_PLAIN = re.compile(r"[\w.$-]+")
_SIGNS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_VERSION = "version_"
_VERBS = {"contains": "contains", "starts_with": "starts with"}


@dataclass(frozen=True)
class GoalEvent:
    """Events named `event` for which every condition of `where` holds; without any, all of them.

    `where` holds conditions in their normal JSON form. Made from JSON by `parse`, or by `from_json`
    for what was stored.
    """

    event: str
    where: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> str | dict[str, Any]:
        """The name alone where there are no conditions, so that plain goals stay lists of names."""
        if not self.where:
            return self.event
        return {"event": self.event, "where": [dict(condition) for condition in self.where]}

    @classmethod
    def from_json(cls, document: str | Mapping[str, Any]) -> GoalEvent:
        """The inverse of `to_json`, unchecked."""
        if isinstance(document, str):
            return cls(document)
        return cls(document["event"], tuple(document["where"]))

    @property
    def words(self) -> str:
        """`Charged where amount >= 50`: for people, with long lists cut short."""
        if not self.where:
            return self.event
        return f"{self.event} where " + " and ".join(_conditions(self.where))

    @property
    def identity(self) -> str:
        """Text that equal events share and others do not; of a plain event it is the name."""
        if not self.where:
            return self.event
        return json.dumps(_exact(self.to_json()), ensure_ascii=False, sort_keys=True)


def goal_events(events: Iterable[str | GoalEvent]) -> tuple[GoalEvent, ...]:
    """The same with every bare name as an event without conditions."""
    return tuple(GoalEvent(event) if isinstance(event, str) else event for event in events)


def filtered(events: Iterable[str | GoalEvent]) -> bool:
    """Whether any of them asks for properties, which daily counts cannot answer."""
    return any(event.where for event in goal_events(events))


def in_words(events: Iterable[str | GoalEvent], match: str) -> str:
    """All of them in one phrase: `Order or Charged where amount >= 50`."""
    return f" {'or' if match == 'any' else 'and'} ".join(e.words for e in goal_events(events))


def parse(document: Any, at: str) -> GoalEvent:
    """The event that a JSON value spells: a name, or an object with `event` and `where`.

    `at` is the JSON path of the value. Raises InvalidInput with one FieldError per broken rule, in
    the words of the segment language.
    """
    from pydantic import ValidationError

    from ..errors import InvalidInput
    from . import complaints
    from .clauses import FilteredEvent

    if not isinstance(document, str | Mapping):
        raise InvalidInput.at(
            at,
            'an event is a name or {"event": …, "where": […]}; got ' + complaints.shown(document),
        )
    given = {"event": document} if isinstance(document, str) else document
    try:
        found = FilteredEvent.model_validate(given)
    except ValidationError as error:
        refused = complaints.refuse(
            error.errors(include_url=False), at, tuple(FilteredEvent.model_fields)
        )
        if isinstance(document, str):  # the path of a bare name ends with the name
            raise InvalidInput.at(at, refused.errors[0].message) from None
        raise refused from None
    normal = found.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return GoalEvent(normal["event"], tuple(normal.get("where", ())))


def _conditions(where: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for condition in where:
        name = str(condition["property"])
        name = name if _PLAIN.fullmatch(name) else _value(name)
        for operator, wanted in condition.items():
            if operator in _SIGNS:
                yield f"{name} {_SIGNS[operator]} {_value(wanted)}"
            elif operator.startswith(_VERSION):
                sign = _SIGNS[operator.removeprefix(_VERSION)]
                yield f"{name} {sign} version {wanted}"
            elif operator in _VERBS:
                yield f"{name} {_VERBS[operator]} {_value(wanted)}"
            elif operator == "in":
                rest = len(wanted) - SHOWN_VALUES
                more = f" and {rest} more" if rest > 0 else ""
                yield f"{name} in {', '.join(map(_value, wanted[:SHOWN_VALUES]))}{more}"
            elif operator == "exists":
                yield f"{name} is there" if wanted else f"{name} is missing"


def _value(value: Any) -> str:
    return json.dumps(_exact(value), ensure_ascii=False)


def _exact(value: Any) -> Any:
    """Numbers without a fraction as whole ones: they compare alike, and storage makes no
    difference between them."""
    if isinstance(value, Mapping):
        return {key: _exact(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
