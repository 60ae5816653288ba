"""`intent down`: stop the local stack, wherever it was started."""

from __future__ import annotations

import argparse

from ..console import say
from ..stack.home import Home


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent down` to the command line."""
    parser = commands.add_parser(
        "down",
        help="stop the local stack, wherever it was started",
        description="Stop the local stack cleanly. What is loaded and saved is kept.",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Always 0: that nothing is up is no failure."""
    from ..stack.running import stop_running

    say("stopped" if stop_running(Home.default()) else "the local stack is not up")
    return 0
