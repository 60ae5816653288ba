"""Texts with places for traits: `Hello {{first_name | there}}`. No code, no nesting."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from ..errors import InvalidInput

Form = Literal["text", "line", "html", "link"]

PLACE = re.compile(r"\{\{([^{}|]*)(?:\|([^{}|]*))?\}\}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029]")
MOST_CHARACTERS = 256 * 1024


@dataclass(frozen=True)
class Template:
    """A text, checked. In HTML and in links values are escaped, in a line they have no breaks."""

    text: str
    form: Form = "text"

    @classmethod
    def parse(cls, text: str, at: str, form: Form = "text") -> Template:
        """Raises InvalidInput for a place that is none."""
        if len(text) > MOST_CHARACTERS:
            raise InvalidInput.at(
                at, f"{at} has at most {MOST_CHARACTERS} characters, not {len(text)}"
            )
        if form in ("line", "link") and re.search(r"[\r\n]", text):
            raise InvalidInput.at(at, f"{at} is one line: take the line breaks out")
        left = PLACE.sub("", text)
        if "{{" in left or "}}" in left or any(not m[1].strip() for m in PLACE.finditer(text)):
            raise InvalidInput.at(
                at,
                f"{at} has braces that are no place for a trait: write {{{{name}}}}, or "
                "{{name | what to say without it}}",
            )
        return cls(text, form)

    @property
    def traits(self) -> tuple[str, ...]:
        """The names it has places for, each once."""
        return tuple(dict.fromkeys(match[1].strip() for match in PLACE.finditer(self.text)))

    def missing(self, traits: Mapping[str, Any]) -> str | None:
        """The first trait that a user lacks and that has no words to stand in for it."""
        for match in PLACE.finditer(self.text):
            name = match[1].strip()
            if match[2] is None and not _said(traits.get(name)):
                return name
        return None

    def render(self, traits: Mapping[str, Any]) -> str:
        """The text for a user who is not `missing` anything. Values are never templates."""
        return PLACE.sub(lambda match: self._value(match, traits), self.text)

    def _value(self, match: re.Match[str], traits: Mapping[str, Any]) -> str:
        said = _said(traits.get(match[1].strip())) or (match[2] or "").strip()
        said = CONTROL.sub("", said)
        if self.form == "html":
            return html.escape(said)
        if self.form == "link":
            return quote(said, safe="")
        return " ".join(said.split()) if self.form == "line" else said


def _said(value: Any) -> str:
    """A trait in words: whole numbers without a point, nothing for what is absent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
