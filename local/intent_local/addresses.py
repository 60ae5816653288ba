"""Where a person finds what is up."""

from __future__ import annotations

from .console import show
from .stack.console_site import is_built


def show_addresses(url: str) -> None:
    """The addresses of a local stack, the console last, as that is what people open."""
    show(f"API      {url}/v1")
    show(f"docs     {url}/docs")
    if is_built():
        show(f"console  {url}")
    else:
        show("console  not built: `make console` does it")
