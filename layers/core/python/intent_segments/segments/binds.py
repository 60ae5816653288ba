"""Values on their way into SQL: always bound, never pasted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_PLACEHOLDER = re.compile(r"\$(p\d+)\b")


@dataclass
class Binds:
    """Hands out `$p0`, `$p1`, … and remembers what each stands for."""

    params: dict[str, Any] = field(default_factory=dict)
    _known: dict[tuple[type, Any], str] = field(default_factory=dict)

    def bind(self, value: int | float | str) -> str:
        """The placeholder of a value; equal values of one type share theirs."""
        # The type is part of the key because 1 == 1.0 == True in Python.
        key = (type(value), value)
        if key not in self._known:
            self._known[key] = self._new(value)
        return self._known[key]

    def bind_list(self, values: list[str]) -> str:
        """The placeholder of a list, for `unnest`."""
        return self._new(values)

    def used_in(self, sql: str) -> dict[str, Any]:
        """The values a query needs; DuckDB refuses any that it does not mention."""
        mentioned = set(_PLACEHOLDER.findall(sql))
        return {name: value for name, value in self.params.items() if name in mentioned}

    def _new(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"
