"""Where an engagement can send: a name, a kind and the kind's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..errors import InvalidInput
from .kinds import KINDS, Context, Document, Settings

MOST_NAME = 120
"""Characters, as of every name."""


@dataclass(frozen=True)
class Destination:
    """A named place to send to. A disabled one is sent nothing; `reason` says why it is. Times are
    UTC instants as ISO text."""

    id: str
    name: str
    kind: str
    settings: Settings
    enabled: bool = True
    reason: str | None = None
    created_at: str | None = None
    created_by: str | None = None
    updated_at: str | None = None

    @classmethod
    def parse(cls, id_: str, document: Document, context: Context) -> Self:
        """From {name, kind, settings}. Raises InvalidInput."""
        for field in document.keys() - {"name", "kind", "settings"}:
            raise InvalidInput.at(field, f"{field} is no field of a destination: leave it out")
        name, kind = document.get("name"), document.get("kind")
        if not isinstance(name, str) or not 1 <= len(name.strip()) <= MOST_NAME:
            raise InvalidInput.at(
                "name", f"name is a text of 1 to {MOST_NAME} characters: give it one"
            )
        if not isinstance(kind, str) or kind not in KINDS:
            raise InvalidInput.at("kind", f"kind is one of {', '.join(KINDS)}, not {kind!r}")
        settings = document.get("settings", {})
        if not isinstance(settings, Mapping):
            raise InvalidInput.at("settings", "settings is an object with the kind's settings")
        return cls(id_, name.strip(), kind, KINDS[kind].parse(settings, context))

    @classmethod
    def of_kept(cls, document: Document) -> Self:
        """The inverse of `kept`."""
        settings = KINDS[document["kind"]].of_kept(document["settings"])
        return cls(**{**document, "settings": settings})

    def kept(self) -> dict[str, Any]:
        """As JSON for the store, secrets included."""
        return {**vars(self), "settings": self.settings.kept()}

    def shown(self) -> dict[str, Any]:
        """As JSON, without secrets."""
        return {**vars(self), "settings": self.settings.shown()}
