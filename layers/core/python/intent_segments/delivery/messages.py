"""What is written to people, by kind of destination: texts with places for traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..errors import InvalidInput
from .ses import Mail
from .template import Template


@dataclass(frozen=True)
class Sms:
    """A text message."""

    text: Template

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises InvalidInput."""
        return cls(Template.parse(text, "text"))

    @property
    def traits(self) -> tuple[str, ...]:
        """The traits that it has places for."""
        return self.text.traits

    def missing(self, traits: Mapping[str, Any]) -> str | None:
        """The first trait that a user lacks."""
        return self.text.missing(traits)


@dataclass(frozen=True)
class Push:
    """A notification."""

    title: Template
    text: Template

    @classmethod
    def parse(cls, title: str, text: str) -> Self:
        """Raises InvalidInput."""
        return cls(Template.parse(title, "title", "line"), Template.parse(text, "text"))

    @property
    def traits(self) -> tuple[str, ...]:
        """The traits that it has places for."""
        return tuple(dict.fromkeys((*self.title.traits, *self.text.traits)))

    def missing(self, traits: Mapping[str, Any]) -> str | None:
        """The first trait that a user lacks."""
        return self.title.missing(traits) or self.text.missing(traits)


Message = Mail | Sms | Push

FIELDS: Mapping[str, tuple[type[Message], tuple[str, ...], tuple[str, ...]]] = {
    "email": (Mail, ("subject", "text"), ("html",)),
    "sms": (Sms, ("text",), ()),
    "push": (Push, ("title", "text"), ()),
}
"""Kind -> its message, the texts that it needs, and those that it may have."""


def parse_message(kind: str, document: Any) -> Message | None:
    """The message of an engagement through a destination of that kind, None for kinds that send
    users and no words. Raises InvalidInput at `message…`."""
    if kind not in FIELDS:
        if document is not None:
            raise InvalidInput.at(
                "message", f"message is for people; a {kind} destination gets users: leave it out"
            )
        return None
    made, needed, possible = FIELDS[kind]
    if not isinstance(document, Mapping):
        raise InvalidInput.at("message", f"message is an object with {', '.join(needed)}")
    for name in document.keys() - {*needed, *possible}:
        raise InvalidInput.at(f"message.{name}", f"{name} is no part of a message by {kind}")
    for name in (*needed, *possible):
        text = document.get(name)
        if text is None and name in possible:
            continue
        if not isinstance(text, str) or not text.strip():
            raise InvalidInput.at(f"message.{name}", f"{name} is missing: write it")
    try:
        return made.parse(**{k: v for k, v in document.items() if v is not None})
    except InvalidInput as wrong:
        fields = [error.field for error in wrong.errors]
        raise InvalidInput.at(f"message.{fields[0]}", wrong.message) from None
