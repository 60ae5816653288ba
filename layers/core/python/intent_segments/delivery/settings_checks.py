"""Checks of single settings. Each gives the value or raises InvalidInput at `settings.<name>`, with
the rule, the value and the remedy; what is named a secret is never repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ..errors import InvalidInput
from .contacts import email_of

Document = Mapping[str, Any]

MOST_TRAITS = 50
MOST_TEXT = 2048


def refused(name: str, rule: str) -> InvalidInput:
    """The error of a setting."""
    found = InvalidInput.at(f"settings.{name}", f"{name} {rule}")
    return InvalidInput(found.message, found.errors)


def only(document: Document, model: Any) -> None:
    """No settings but those of the kind."""
    known = [field.name for field in fields(model)]
    for name in document:
        if name not in known:
            raise refused(str(name), f"is no setting of this kind; there are {', '.join(known)}")


def text(document: Document, name: str, default: str | None = None) -> str:
    """A text that is not empty."""
    value = document.get(name, default)
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_TEXT:
        raise refused(name, f"is a text of 1 to {MOST_TEXT} characters: give it one")
    return value


def texts(document: Document, name: str, most: int = MOST_TRAITS) -> tuple[str, ...]:
    """A list of different texts, empty unless given."""
    values = document.get(name, [])
    sound = isinstance(values, list) and all(isinstance(v, str) and v for v in values)
    if not sound or len(values) > most or len(set(values)) < len(values):
        raise refused(name, f"is a list of at most {most} different texts")
    return tuple(values)


def mapping(document: Document, name: str, keys: Sequence[str]) -> dict[str, str]:
    """An object of texts with some of the keys, in their order."""
    values = document.get(name)
    if not isinstance(values, Mapping) or not all(
        isinstance(v, str) and v for v in values.values()
    ):
        raise refused(name, f"is an object from {', '.join(keys)} to names of traits")
    for key in values:
        if key not in keys:
            raise refused(name, f"has {key!r}, which nothing is matched by; use {', '.join(keys)}")
    return {key: values[key] for key in keys if key in values}


def number(document: Document, name: str, least: int, most: int, default: int) -> int:
    """A whole number within limits."""
    value = document.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise refused(name, f"is a whole number from {least} to {most}, not {_said(value)}")
    return value


def yes_or_no(document: Document, name: str) -> bool:
    """True or false; false unless given."""
    value = document.get(name, False)
    if not isinstance(value, bool):
        raise refused(name, f"is true or false, not {_said(value)}")
    return value


def choice(document: Document, name: str, values: Sequence[str], default: str) -> str:
    """One of some texts."""
    value = document.get(name, default)
    if value not in values:
        raise refused(name, f"is one of {', '.join(values)}, not {_said(value)}")
    return str(value)


def matching(document: Document, name: str, pattern: str, example: str) -> str | None:
    """A text of a form, None unless given."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise refused(name, f"is written like {example}, not {_said(value)}")
    return value


def mail_address(document: Document, name: str) -> str | None:
    """One e-mail address, None unless given."""
    value = document.get(name)
    if value is not None and email_of(value) is None:
        raise refused(name, f"is one e-mail address, not {_said(value)}")
    return email_of(value)


def arn(document: Document, name: str, service: str, resource: str) -> str:
    """The ARN of a resource of AWS."""
    value = document.get(name)
    form = rf"arn:aws[a-z-]*:{service}:[a-z]{{2}}(?:-[a-z]+)+-[0-9]:[0-9]{{12}}:{resource}"
    if not isinstance(value, str) or not re.fullmatch(form, value, re.ASCII):
        raise refused(
            name,
            f"is an ARN (arn:aws:{service}:region:account:…), not {_said(value)}: copy it whole",
        )
    return value


def _said(value: Any) -> str:
    return repr(value)[:80]
