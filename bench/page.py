"""Benchmarks' tables, aligned for the terminal, and the page that keeps them: docs/benchmarks.md.

Each benchmark writes its own section and leaves the others as they are, so that one can be repeated
without the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

TITLE = "# Benchmarks"

INTRODUCTION = """\
Every section is written by the command that stands in it. Figures of one table come from one run;
where that run needs data that no package carries, the section says which rows those are."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns: the first to the left, numbers to the right."""
    widths = [max(3, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        shown = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(shown)} |"

    rule = [f":{'-' * (widths[0] - 1)}", *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), f"| {' | '.join(rule)} |", *(line(row) for row in rows)])


def percent(value: float | None, digits: int = 0, signed: bool = False) -> str:
    """`12 %`; nothing where there is no figure."""
    if value is None:
        return ""
    return f"{100 * value:{'+' if signed else ''}.{digits}f} %"


def number(value: float | None, digits: int) -> str:
    """Fixed digits; nothing where there is no figure."""
    return "" if value is None else f"{value:.{digits}f}"


def write_section(page: Path, title: str, text: str) -> None:
    """Put `text` under the heading `title`, in place of what stood there; the page may be new."""
    old = page.read_text("utf-8") if page.exists() else f"{TITLE}\n\n{INTRODUCTION}\n"
    sections = re.split(r"^(?=## )", old, flags=re.MULTILINE)
    new = f"## {title}\n\n{text.strip()}\n"
    kept = [new if part.startswith(f"## {title}\n") else part for part in sections]
    if new not in kept:
        kept.append(new)
    page.write_text("\n\n".join(part.strip() for part in kept) + "\n", "utf-8")
