"""Charts as inline SVG: a frame with axes, and marks in the units of the data.

Colours are CSS variables of the page, so that one drawing serves light and dark. Nothing is
fetched: no font, no script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 360, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 14, 40
"""Pixels of the drawing, and what its axes leave free around the marks."""

Point = tuple[float, float]
Format = Callable[[float], str]


def ticks(top: float, about: int = 4) -> list[float]:
    """Round values from 0 to `top` or above, in about so many steps of 1, 2 or 5 times 10^k."""
    if top <= 0:
        return [0.0, 1.0]
    step = top / about
    unit = 10.0 ** floor(log10(step))
    step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= step * 0.999)
    found = [0.0]
    while found[-1] < top * 0.999:
        found.append(round(found[-1] + step, 12))
    return found


def percent(value: float) -> str:
    """`12.5 %`: as many digits as tell ticks of a chart apart."""
    return f"{100 * value:.3g} %"


def count(value: float) -> str:
    return f"{value:,.4g}" if value < 10_000 else f"{value:,.0f}"


@dataclass
class Chart:
    """A drawing whose axes both start at 0. `name` and `description` are read out to people who
    cannot see it; marks are added in the order in which they lie on each other."""

    name: str
    description: str
    x_top: float
    y_top: float
    x_label: str
    y_label: str
    x_format: Format = count
    y_format: Format = count
    marks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._y_ticks = ticks(self.y_top)
        self.y_top = self._y_ticks[-1]

    def x(self, value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_top, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.y_top, 1)

    def line(self, points: Sequence[Point], style: str) -> None:
        """A line through the points; `style` is a class of the page."""
        path = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)
        self.marks.append(f'<polyline class="{style}" points="{path}"/>')

    def band(self, low: Sequence[Point], high: Sequence[Point], style: str) -> None:
        """The area between two lines."""
        path = " ".join(f"{self.x(x)},{self.y(y)}" for x, y in [*low, *reversed(high)])
        self.marks.append(f'<polygon class="{style}" points="{path}"/>')

    def dot(self, at: Point, style: str, said: str, radius: float = 4) -> None:
        """A point; `said` is shown when it is pointed at."""
        self.marks.append(
            f'<circle class="{style}" cx="{self.x(at[0])}" cy="{self.y(at[1])}" r="{radius:.1f}">'
            f"<title>{escape(said)}</title></circle>"
        )

    def bar(self, left: float, right: float, top: float, style: str, said: str) -> None:
        """A bar from the x axis up to `top`, with a hair of space on its right."""
        x, y = self.x(left), self.y(top)
        width, height = self.x(right) - x - 2, self.y(0) - y
        self.marks.append(
            f'<rect class="{style}" x="{x}" y="{y}" width="{width:.1f}" height="{height:.1f}">'
            f"<title>{escape(said)}</title></rect>"
        )

    def word(self, at: Point, text: str, anchor: str = "start") -> None:
        """Text beside a mark."""
        self.marks.append(
            f'<text x="{self.x(at[0])}" y="{self.y(at[1]) - 7}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def drawn(self) -> str:
        """The whole SVG element."""
        title = f"<title>{escape(self.name)}</title><desc>{escape(self.description)}</desc>"
        body = "\n".join([title, *self._axes(), *self.marks])
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n{body}\n</svg>'

    def _axes(self) -> list[str]:
        ground, middle = HEIGHT - BOTTOM, (LEFT + WIDTH - RIGHT) / 2
        drawn = []
        for value in self._y_ticks:
            at = self.y(value)
            drawn.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
            drawn.append(
                f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">'
                f"{escape(self.y_format(value))}</text>"
            )
        for value in ticks(self.x_top):
            if value <= self.x_top * 1.001:
                drawn.append(
                    f'<text x="{self.x(value)}" y="{ground + 16}" text-anchor="middle">'
                    f"{escape(self.x_format(value))}</text>"
                )
        drawn.append(
            f'<text class="label" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">'
            f"{escape(self.x_label)}</text>"
        )
        drawn.append(
            f'<text class="label" transform="translate(11 {(TOP + ground) / 2}) rotate(-90)" '
            f'text-anchor="middle">{escape(self.y_label)}</text>'
        )
        return drawn
