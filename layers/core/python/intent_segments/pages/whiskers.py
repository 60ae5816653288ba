"""Effects with their intervals, one below the other, around a line where nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10

WIDTH, LEFT, RIGHT, ROW, HEAD, FOOT = 360, 112, 20, 23, 6, 38
"""Pixels: of the drawing, of labels, of its margin, of a row, above and below the rows."""

Format = Callable[[float], str]


@dataclass(frozen=True)
class Whisker:
    """A value with its interval; None where there is none. `said` is shown when pointed at."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    said: str


def drawn(
    name: str, description: str, rows: Sequence[Whisker], x_label: str, x_format: Format
) -> str:
    """The whole SVG element. `name` and `description` are read out to people who cannot see it."""
    ends = [end for row in rows for end in (row.low, row.high) if end is not None]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    step = _step(high - low)
    first, last = floor(low / step), -floor(-high / step)
    low, high = first * step, max(last, first + 1) * step
    height = HEAD + ROW * len(rows) + FOOT
    ground = height - FOOT

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low), 1)

    marks = [f"<title>{escape(name)}</title><desc>{escape(description)}</desc>"]
    for tick in range(first, round(high / step) + 1):
        style = "zero" if tick == 0 else "grid"
        marks.append(f'<path class="{style}" d="M{x(tick * step)} {HEAD}V{ground}"/>')
        marks.append(
            f'<text x="{x(tick * step)}" y="{ground + 15}" text-anchor="middle">'
            f"{escape(x_format(tick * step))}</text>"
        )
    for place, row in enumerate(rows):
        y = HEAD + ROW * place + ROW / 2
        marks.append(
            f'<text class="label" x="{LEFT - 10}" y="{y + 3.5}" text-anchor="end">'
            f"{escape(row.label)}</text>"
        )
        marks += _marks(row, y, x)
    marks.append(
        f'<text class="label" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{height - 6}" '
        f'text-anchor="middle">{escape(x_label)}</text>'
    )
    body = "\n".join(marks)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">\n{body}\n</svg>'


def _marks(row: Whisker, y: float, x: Callable[[float], float]) -> list[str]:
    if row.value is None or row.low is None or row.high is None:
        return [f'<text x="{x(0.0) + 8}" y="{y + 3.5}">too few to say</text>']
    sure = row.low > 0 or row.high < 0
    style = "sure" if sure else "unsure"
    return [
        f'<path class="whisker {style}" d="M{x(row.low)} {y}H{x(row.high)}"/>',
        f'<circle class="{style}" cx="{x(row.value)}" cy="{y}" r="4">'
        f"<title>{escape(row.said)}</title></circle>",
    ]


def _step(width: float) -> float:
    """Round steps of which about four make the width."""
    if width <= 0:
        return 0.01
    unit = 10.0 ** floor(log10(width / 4))
    return next(unit * m for m in (1, 2, 5, 10) if unit * m >= width / 4 * 0.999)
