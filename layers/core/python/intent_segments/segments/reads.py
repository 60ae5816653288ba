"""Which clauses daily counts cannot answer, and why."""

from __future__ import annotations

from collections.abc import Iterator

from .clauses import Did, Happening


def why_single_events(happening: Happening) -> tuple[str, ...]:
    """What of a `did` or `did_not` needs single events, in words; empty when the daily roll-up of
    activity (user, event, day, how often) is enough."""
    return tuple(_reasons(happening))


def _reasons(happening: Happening) -> Iterator[str]:
    if happening.where:
        yield "where asks for properties"
    if happening.within is not None and happening.within.hours is not None:
        yield "within is in hours"
    if happening.on is not None and happening.on.hours is not None:
        yield "on asks for hours"
    if isinstance(happening, Did):
        for name in ("sum", "avg", "min", "max"):
            if getattr(happening, name) is not None:
                yield f"{name} asks for a property"
