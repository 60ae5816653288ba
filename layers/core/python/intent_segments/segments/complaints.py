"""pydantic's findings in the words of the language: path, rule, the value, and what to do."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ..errors import FieldError, InvalidInput
from .clauses import (
    KINDS,
    TAG,
    Between,
    Did,
    Happening,
    Hours,
    InBucket,
    Likelihood,
    On,
    SequenceClause,
    Step,
    Within,
)
from .comparisons import Aggregate, Condition, Count, Days, TraitCondition

MOST_SHOWN = 20
"""Findings in one answer; more would not be read."""

_MODELS: Mapping[str, type[BaseModel]] = {
    "did": Did,
    "did_not": Happening,
    "on": On,
    "hours": Hours,
    "sequence": Step,
    "bucket": InBucket,
    "likelihood": Likelihood,
    "profile": TraitCondition,
    "within_last": Days,
    "within_next": Days,
    "where": Condition,
    "count": Count,
    "days": Count,
    "within": Within,
    "between": Between,
    "sum": Aggregate,
    "avg": Aggregate,
    "min": Aggregate,
    "max": Aggregate,
}
_RULES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "model_type": "must be a JSON object",
    "literal_error": "can only be true; leave it out otherwise",
    "too_short": "must list at least {min_length}",
    "too_long": "must not list more than {max_length}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def refuse(found: Sequence[ErrorDetails], at: str, accepted: Sequence[str] = KINDS) -> InvalidInput:
    """The error to raise for what pydantic found in the document called `at`, whose outermost
    object takes the keys `accepted`."""
    found = [detail for detail in found if not _only_follows(detail)]
    errors = tuple(_field_error(detail, at, accepted) for detail in found[:MOST_SHOWN])
    first = errors[0]
    more = f" ({len(found)} problems in all)" if len(found) > 1 else ""
    return InvalidInput(f"{first.field}: {first.message}{more}", errors)


def _only_follows(detail: ErrorDetails) -> bool:
    """Whether a list is called too short only because some of its entries are wrong."""
    least = detail.get("ctx", {}).get("min_length", 0)
    return detail["type"] == "too_short" and len(detail["input"]) >= least


def _field_error(detail: ErrorDetails, at: str, accepted: Sequence[str]) -> FieldError:
    loc = detail["loc"]
    # An unknown key may look like a tag; every other step that does is one.
    own_key = loc[-1:] if detail["type"] == "extra_forbidden" else ()
    if own_key and loc[-2:-1] == (f"{TAG}sequence",):
        accepted = tuple(SequenceClause.model_fields)
    tagged = loc[:-1] if own_key else loc
    steps = [step for step in tagged if not str(step).startswith(TAG)] + list(own_key)
    path = at + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return FieldError(path, _message(detail, steps, accepted))


def _message(detail: ErrorDetails, steps: Sequence[str | int], accepted: Sequence[str]) -> str:
    kind, value = detail["type"], detail.get("input")
    if kind == "union_tag_not_found":
        return _not_a_clause(value)
    if kind == "extra_forbidden":
        outer = [str(step) for step in steps[:-1]]
        return _unknown_key(str(steps[-1]), _accepted(outer, accepted))
    if kind == "missing":
        return "is required"
    limit = detail.get("ctx", {})
    rule = _RULES.get(kind, detail["msg"]).format_map(limit)
    return f"{rule}; got {shown(value)}"


def _not_a_clause(value: Any) -> str:
    kinds = ", ".join(KINDS)
    if not isinstance(value, dict):
        return f"a clause is a JSON object with one of {kinds}; got {shown(value)}"
    known = [key for key in value if key in KINDS]
    if len(known) > 1:
        return (
            f"a clause has exactly one of {kinds}; got {', '.join(known)}: "
            'put them into {"all": […]} or {"any": […]}'
        )
    for key in value:
        if key not in KINDS:
            return _unknown_key(str(key), KINDS)
    return f"a clause needs one of {kinds}; an empty object says nothing"


def _unknown_key(key: str, accepted: Sequence[str]) -> str:
    listed = ", ".join(accepted)
    near = nearest(key, accepted)
    meant = f"; did you mean {near!r}?" if near else ";"
    return f"{shown(key)} is not known here{meant} accepted: {listed}"


def _accepted(names: Sequence[str], outermost: Sequence[str]) -> Sequence[str]:
    """The keys that the object reached by these steps accepts."""
    for name in reversed(names):
        model = _MODELS.get(name)
        if name == "days" and names[-2:-1] != ["did"]:
            continue
        if model is not None:
            return [field.alias or key for key, field in model.model_fields.items()]
    return outermost


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name closest to a misspelt one, upper and lower case aside; None if none is."""
    folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def shown(value: Any) -> str:
    """A value as JSON, cut to what fits in a message."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "…"
