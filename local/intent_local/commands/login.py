"""`intent login`: sign in to a deployed stack that takes tokens."""

from __future__ import annotations

import argparse
import webbrowser

from ..connection import client_of, outputs_of
from ..console import say
from ..sign_in import sign_in


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent login` to the command line."""
    parser = commands.add_parser(
        "login",
        help="sign in to a deployed stack that takes tokens",
        description="Sign in by the browser to the issuer of a stack with ApiAuthorization JWT. "
        "The tokens are kept in ~/.config/intent-segments and renewed by themselves.",
    )
    parser.add_argument("--stack", metavar="NAME", required=True, help="a CloudFormation stack")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address instead of opening it"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Raises NotFound without such a stack, InvalidInput when it takes no tokens, NotSignedIn."""
    client = client_of(args.stack, outputs_of(args.stack))

    def show(url: str) -> None:
        if args.no_browser or not webbrowser.open(url):
            say(f"sign in at {url}")

    sign_in(client, show)
    say(f"signed in to {args.stack}")
    return 0
