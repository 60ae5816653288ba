"""Response bodies of the catalogue: events, their properties, and traits."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from .outlooks import Answer

Offered = Literal["all", "most_frequent", "many_values", "no_values", "not_looked_into"]


class ValueSeen(Answer):
    """A value and how often it occurred: `count` times at least and `most` times at most, which are
    the same while counts are exact."""

    value: str | int | float | bool
    count: int
    most: int


class PropertySeen(Answer):
    """The values of a property. `kinds` counts them by type, `shares` are their parts of `count`.
    `min` and `max` are of its numbers; of instants they are ISO strings in UTC."""

    property: str
    count: int
    kinds: dict[str, int]
    shares: dict[str, float]
    counted: int = Field(
        description="Values looked at: fewer than `count` where loading began before this was kept."
    )
    distinct: int | None = Field(
        description="Different values, exact below 1,000; null where they were not counted."
    )
    distinct_or_more: bool = Field(description="Whether there are `distinct` values or more.")
    values: Offered = Field(
        description="What `top` holds: `all` values, the `most_frequent`, or none, because there "
        "are `many_values` (ids, personal data, instants), `no_values` (only lists and objects), "
        "or the property is beyond what the catalogue looks into."
    )
    top: list[ValueSeen]
    withheld: int = Field(
        description="Values that are never listed: over 100 characters, or like an e-mail address, "
        "a phone number or an id."
    )
    min: float | str | None
    max: float | str | None


class EventSeen(Answer):
    """An event name, how often it happened, to how many users, and when. `id` is the name."""

    id: str
    event: str
    count: int
    users: int | None = Field(
        description="Exact while `users_margin` is 0; null where loading began before it was kept."
    )
    users_margin: float | None = Field(
        description="Half the width of the 95 % interval of `users`, as a part of it."
    )
    first_day: date
    last_day: date
    properties: list[PropertySeen]
    more_properties: bool = Field(description="Whether there are more than the 1,000 listed.")


class EventList(Answer):
    """Event names, most frequent first. `watermark` is the last closed day."""

    data: list[EventSeen]
    watermark: date | None
    has_more: bool


class TraitSeen(PropertySeen):
    """A trait of profiles: every value that was ever set counts. Days are those from which values
    hold, null where none is dated. `id` is the name."""

    id: str
    users: int | None
    users_margin: float | None
    first_day: date | None
    last_day: date | None


class TraitList(Answer):
    """Traits by name."""

    data: list[TraitSeen]
    watermark: date | None
    has_more: bool
