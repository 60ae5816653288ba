"""Numbers as people read them in a report."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

Estimate = Mapping[str, float | None]

BUCKETS = {
    "most_likely": "most likely",
    "moderately_likely": "moderately likely",
    "least_likely": "least likely",
}
NOTHING = "–"


def whole(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"


def share(value: float | None, digits: int = 2) -> str:
    return NOTHING if value is None else f"{100 * value:.{digits}f} %"


def signed_share(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:+.1f} %"


def range_of(low: float | None, high: float | None) -> str:
    """An interval of shares."""
    if low is None or high is None:
        return NOTHING
    return f"{100 * low:.2f} to {100 * high:.2f} %"


def points(estimate: Estimate | None) -> str:
    """`+4.52 points (+3.47 to +5.58)`."""
    if estimate is None:
        return NOTHING
    value, low, high = (100 * (estimate[key] or 0.0) for key in ("value", "low95", "high95"))
    return f"{value:+.2f} points ({low:+.2f} to {high:+.2f})"


def users(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOTHING
    value, low, high = ((estimate[key] or 0.0) for key in ("value", "low95", "high95"))
    return f"{value:+,.0f} ({low:+,.0f} to {high:+,.0f})"


def amount(estimate: Estimate | None) -> str:
    if estimate is None:
        return NOTHING
    value, low, high = ((estimate[key] or 0.0) for key in ("value", "low95", "high95"))
    return f"{value:+,.4g} ({low:+,.4g} to {high:+,.4g})"


def each(value: float | None) -> str:
    """An amount per user."""
    return NOTHING if value is None else f"{value:,.4g}"


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]], caption: str = "") -> str:
    """HTML; every cell is escaped, the first column and words stand left."""
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = [
        "<tr>"
        + f'<th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    ]
    return f"<table>{told}<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
