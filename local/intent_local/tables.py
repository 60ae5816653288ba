"""Plain text for a terminal: right-aligned tables and one-line charts."""

from __future__ import annotations

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first is aligned left, the others right."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    drawn = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([drawn[0], "  ".join("-" * width for width in widths), *drawn[1:]])


def sparkline(values: Sequence[float], width: int = 60) -> str:
    """The values from 0 to their maximum in eight heights, thinned to `width` characters."""
    if not values:
        return ""
    step = max(1, -(-len(values) // width))
    shown = values[::step]
    top = max(*shown, 1e-12) if len(shown) > 1 else max(shown[0], 1e-12)
    return "".join(_BARS[min(7, int(8 * value / top))] for value in shown)
