"""What pydantic found in a request body, in the API's words: field, rule, value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import FieldError
from ..segments.complaints import nearest, shown

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails


def field_error(detail: ErrorDetails, model: type[BaseModel]) -> FieldError:
    """One finding; `field` is a JSON path such as `events[0]`, empty for the body as a whole."""
    field = ""
    for step in detail["loc"]:
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else str(step)
    return FieldError(field, _message(detail, field, model))


def _message(detail: ErrorDetails, field: str, model: type[BaseModel]) -> str:
    kind = detail["type"]
    if kind == "missing":
        return f"{field} is missing"
    if kind == "extra_forbidden":
        known = list(model.model_fields) if len(detail["loc"]) == 1 else []
        near = nearest(str(detail["loc"][-1]), known)
        meant = f"; did you mean {near}?" if near else ""
        listed = f" Known fields: {', '.join(known)}." if known and not near else ""
        return f"{field} is not a known field{meant}{listed}"
    rule = detail["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return rule
    rule = rule[:1].lower() + rule[1:]
    return f"{field}: {rule}; got {shown(detail.get('input'))}"
