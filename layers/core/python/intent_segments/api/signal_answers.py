"""Response bodies of the catalogue of signals."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from .outlooks import Answer

SourceKind = Literal["event", "activity", "goal", "trait"]
LeftOut = Literal["personal", "many_values", "outcome", "beyond_limit"]


class SignalsOfSource(Answer):
    """What one model has made of an event, a trait, all activity or the goal's own rhythm."""

    signals: list[str] = Field(
        description="The model's columns: counts in windows of whole weeks and days since the last "
        "time; one column per frequent value of a text and one for all others; numbers, days since "
        "an instant, and whether they are known. Empty where it was left out."
    )
    left_out: LeftOut | None = Field(
        description="`personal`: it names or looks like what identifies a person. `many_values`: "
        "no value is frequent enough. `outcome`: it has no dates and tells the outcome by itself. "
        "`beyond_limit`: more users have others."
    )
    importance: float | None = Field(
        description="How much of the outcome's uncertainty (log loss of the base rate) the model "
        "explains less when these values are shuffled among users; null where too few did it."
    )


class Source(SignalsOfSource):
    """The same with what it was made from."""

    kind: SourceKind
    name: str


class GoalSignals(Answer):
    """What a goal's model was made from, the weightiest first, then what was left out."""

    goal_id: str
    model_version: str
    as_of: date
    signals: list[Source]


class SignalsInModel(SignalsOfSource):
    """The same in the model of one goal."""

    goal_id: str
    model_version: str
    as_of: date


class CataloguedSource(Answer):
    """An event, a trait, all activity or a goal's rhythm, and its use in every model."""

    id: str
    kind: SourceKind
    name: str
    models: list[SignalsInModel]


class SourceList(Answer):
    """By the greatest importance in any model of a goal at work."""

    data: list[CataloguedSource]
    has_more: bool
