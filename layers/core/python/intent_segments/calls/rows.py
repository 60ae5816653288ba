"""One call -> the rows that it becomes: an event, traits, a link between two ids.

A row is a JSON object. Instants are epoch microseconds, UTC.
- event: {"row": "event", "user_id", "anonymous", "event", "ts", "properties", "message_id"};
  `anonymous` says that user_id is an id that nobody has signed in with yet.
- traits: {"row": "traits", "user_id", "ts", "traits"}
- link: {"row": "link", "anonymous_id", "user_id", "ts"}: from that instant on whatever
  anonymous_id does is done by user_id.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import NamedTuple

from ..errors import InvalidInput
from .flatten import flat, of_context
from .spec import KINDS, PAGE_VIEWED, SCREEN_VIEWED, Json, Kind
from .times import happened, micros

MAX_ID_BYTES = 1_024
"""Of an id or an event's name: what the lake takes (docs/events.md)."""
EARLIEST = 0
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""What the lake takes as a time (docs/events.md)."""


def rows_of(call: Json, kind: Kind, sent: int | None, received: int, place: int) -> list[Json]:
    """The rows of a call that was sent as `kind`. `sent` and `received` are epoch microseconds by
    the clocks of client and server; `place` is its place in the request.

    Raises InvalidInput that names the field, the value and the remedy.
    """
    who = _who(call, kind)
    properties = _object(call, "properties")
    traits = _object(call, "traits")
    context = _object(call, "context")
    ts = _time(call, sent, received)
    rows: list[Json] = []
    if kind in ("track", "page", "screen"):
        rows.append(
            {
                "row": "event",
                "user_id": who.user or who.anonymous,
                "anonymous": who.user is None,
                "event": _event(call, kind),
                "ts": ts,
                "properties": {**dict(of_context(context)), **_named(call, kind), **properties},
                "message_id": _message_id(call, kind, received, place),
            }
        )
    elif kind == "identify":
        rows.append(_traits(who, ts, dict(flat(traits, ""))))
    elif kind == "group":
        of_group = {"group_id": _id(call, "groupId"), **dict(flat(traits, "group."))}
        rows.append(_traits(who, ts, of_group))
    if who.user is not None and who.anonymous is not None and who.user != who.anonymous:
        link = {"anonymous_id": who.anonymous, "user_id": who.user, "ts": ts}
        rows.append({"row": "link", **link})
    return rows


class _Who(NamedTuple):
    """The two ids of a call. Of an alias the previous id is the one that goes on as the other."""

    user: str | None
    anonymous: str | None


def _who(call: Json, kind: Kind) -> _Who:
    user = _id(call, "userId")
    if kind == "alias":
        previous = _id(call, "previousId")
        if user is None or previous is None:
            missing = "userId" if user is None else "previousId"
            raise InvalidInput.at(missing, f"an alias call needs {missing}: name both ids")
        return _Who(user, previous)
    anonymous = _id(call, "anonymousId")
    if user is None and anonymous is None:
        raise InvalidInput.at("userId", f"a {kind} call needs a userId or an anonymousId")
    if kind == "group" and _id(call, "groupId") is None:
        raise InvalidInput.at("groupId", "a group call needs groupId: the id of the group")
    return _Who(user, anonymous)


def _traits(who: _Who, ts: int, traits: Json) -> Json:
    return {"row": "traits", "user_id": who.user or who.anonymous, "ts": ts, "traits": traits}


def _id(call: Json, field: str) -> str | None:
    """An id as text: whole numbers are ids too. None where it is missing, null or empty."""
    value = call.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput.at(field, f"{field} must be text or a whole number, not {_shown(value)}")
    return _text(field, str(value))


def _event(call: Json, kind: Kind) -> str:
    if kind == "page":
        return PAGE_VIEWED
    if kind == "screen":
        return SCREEN_VIEWED
    event = call.get("event")
    if not isinstance(event, str) or not event.strip():
        raise InvalidInput.at(
            "event", f"event must be the name of what was done, not {_shown(event)}"
        )
    return _text("event", event)


def _named(call: Json, kind: Kind) -> Json:
    """The name and category of a page or screen, which lie beside its properties."""
    if kind == "track":
        return {}
    return {key: call[key] for key in ("name", "category") if isinstance(call.get(key), str)}


def _time(call: Json, sent: int | None, received: int) -> int:
    given = call.get("timestamp")
    if given is None:
        given = call.get("originalTimestamp")
    said = micros(given)
    if said is None and given is not None:
        raise InvalidInput.at(
            "timestamp",
            f"timestamp must be ISO 8601 such as 2026-10-31T12:00:00Z, not {_shown(given)}",
        )
    own = micros(call.get("sentAt"))
    ts = happened(said, own if own is not None else sent, received)
    if not EARLIEST <= ts < LATEST:
        raise InvalidInput.at(
            "timestamp", f"{_shown(given)} is not between 1970-01-01 and 2099-12-31"
        )
    return ts


def _object(call: Json, field: str) -> Json:
    value = call.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput.at(field, f"{field} must be an object, not {_shown(value)}")
    return value


def _message_id(call: Json, kind: Kind, received: int, place: int) -> str:
    """The call's own id, or one made of its content: a client that repeats a call without an id and
    with a timestamp repeats that too. Without either every request is a call of its own."""
    given = call.get("messageId")
    if isinstance(given, str) and given:
        return _text("messageId", given)
    once = [] if "timestamp" in call else [received, place]
    text = json.dumps([kind, call, once], sort_keys=True)
    return "content-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _text(field: str, text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidInput.at(
            field, f"{field} is not valid Unicode: half a surrogate pair"
        ) from None
    if size > MAX_ID_BYTES:
        raise InvalidInput.at(field, f"{field} has {size:,} bytes, the limit is {MAX_ID_BYTES:,}")
    if "\0" in text:
        raise InvalidInput.at(field, f"{field} holds a NUL byte: leave it out")
    return text


def kind_of(call: Json) -> Kind:
    """The kind of a call inside a batch. Raises InvalidInput."""
    kind = call.get("type")
    for known in KINDS:
        if kind == known:
            return known
    raise InvalidInput.at("type", f"type must be one of {', '.join(KINDS)}, not {_shown(kind)}")


def _shown(value: object) -> str:
    """A value in a message: short, and no more than its beginning."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
