"""`intent open`: the console in a browser."""

from __future__ import annotations

import argparse
import webbrowser

from intent_segments.errors import NotFound

from ..console import show
from ..stack.home import Home


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent open` to the command line."""
    parser = commands.add_parser(
        "open",
        help="open the console in a browser",
        description="Open the console of the running local stack, and print its address; the API "
        "docs where no console was built.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Raises NotFound when no stack is up: one started here would be gone before it is read."""
    from ..stack.console_site import is_built
    from ..stack.server import find

    server = find(Home.default())
    if server is None:
        raise NotFound("the local stack is not up; start it with `intent up` in another terminal")
    address = server.api_url if is_built() else f"{server.api_url}/docs"
    show(address)
    webbrowser.open(address)
    return 0
