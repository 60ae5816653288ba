"""The body of a request -> rows of the calls that can be used, and the reasons for the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from ..errors import InvalidInput
from .rows import kind_of, rows_of
from .spec import BATCH_BYTES, BATCH_CALLS, CALL_BYTES, Json, Kind
from .times import micros

compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON without spaces; `json.dumps` would make an encoder for every call."""


@dataclass(frozen=True)
class Refused:
    """A call that cannot be used: its place in the request, the field at fault, what to do, and the
    call itself, to be set aside."""

    index: int
    field: str
    message: str
    call: Any


@dataclass(frozen=True)
class Calls:
    """What a request brought. `lines` are the rows (`rows.py`) of `accepted` calls as JSON in
    UTF-8, one by one."""

    lines: list[bytes] = field(default_factory=list)
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)


def read_document(text: bytes, field: str = "body") -> Json:
    """The JSON object that a body is, or what else `field` calls it, without NaN and Infinity. A
    number beyond all doubles, such as 1e999, stays as its text. Raises InvalidInput for a text that
    is none."""
    must = f"the {field} must be a JSON object"
    try:
        document = json.loads(text, parse_constant=_no_constant, parse_float=_number)
    except (ValueError, RecursionError) as fault:
        raise InvalidInput.at(field, f"{must}: {_why(fault)}") from None
    if not isinstance(document, dict):
        raise InvalidInput.at(field, f"{must}, not a list or a value")
    return document


def read_calls(document: Json, kind: Kind | None, received: int) -> Calls:
    """Read one call of `kind`, or the calls of a batch (None). `received` is the server's instant
    in epoch microseconds, UTC.

    A call that cannot be used costs none of the others. Raises InvalidInput for a batch that is
    none or has more than BATCH_CALLS calls.
    """
    if kind is not None:
        return _read([document], kind, {}, micros(document.get("sentAt")), received)
    batch = document.get("batch")
    if not isinstance(batch, list):
        raise InvalidInput.at("batch", "batch must be a list of calls")
    if len(batch) > BATCH_CALLS:
        raise InvalidInput.at(
            "batch", f"batch has {len(batch):,} calls, the limit is {BATCH_CALLS:,}: send several"
        )
    common = document.get("context")
    shared = common if isinstance(common, dict) else {}
    return _read(batch, None, shared, micros(document.get("sentAt")), received)


def _read(
    batch: list[Any], kind: Kind | None, common: Json, sent: int | None, received: int
) -> Calls:
    lines: list[bytes] = []
    refused: list[Refused] = []
    linked: set[tuple[str, str]] = set()
    for index, call in enumerate(batch):
        try:
            rows = _rows(call, kind, common, sent, received, index)
            lines += _lines(call, [row for row in rows if _is_new(row, linked)])
        except InvalidInput as wrong:
            at = wrong.errors[0].field if wrong.errors else "call"
            refused.append(Refused(index, at, wrong.message, call))
    return Calls(lines, len(batch) - len(refused), refused)


def _rows(
    call: Any, kind: Kind | None, common: Json, sent: int | None, received: int, index: int
) -> list[Json]:
    if not isinstance(call, dict):
        raise InvalidInput.at("call", "a call must be a JSON object")
    if common:
        own = call.get("context")
        call = {**call, "context": {**common, **(own if isinstance(own, dict) else {})}}
    return rows_of(call, kind or kind_of(call), sent, received, index)


def _is_new(row: Json, linked: set[tuple[str, str]]) -> bool:
    """False for a link that the request has told already: browsers tell it with every call."""
    if row["row"] != "link":
        return True
    pair = (row["anonymous_id"], row["user_id"])
    if pair in linked:
        return False
    linked.add(pair)
    return True


def _lines(call: Json, rows: list[Json]) -> list[bytes]:
    try:
        lines = [compact(row).encode() for row in rows]
    except UnicodeEncodeError:
        raise InvalidInput.at(
            "call", "a text is not valid Unicode: half a surrogate pair"
        ) from None
    if sum(map(len, lines)) > CALL_BYTES and (size := len(compact(call).encode())) > CALL_BYTES:
        raise InvalidInput.at(
            "call", f"the call has {size:,} bytes, the limit is {CALL_BYTES:,}: send less"
        )
    return lines


def _number(text: str) -> float | str:
    # As infinity it could not be written as JSON again, and all of the batch would be lost with it.
    value = float(text)
    return value if isfinite(value) else text


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _why(fault: Exception) -> str:
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at line {fault.lineno}, column {fault.colno}"
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it nests too deeply" if isinstance(fault, RecursionError) else str(fault)


BODY_LIMIT = f"a request takes {BATCH_BYTES:,} bytes: send several"
