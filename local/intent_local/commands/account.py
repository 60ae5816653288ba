"""`intent account`: its settings, and who is held out of everything."""

from __future__ import annotations

import argparse

from ..connection import connect
from ..console import show, show_json
from ..uplift_views import show_holdout
from .resources import add_common_arguments


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent account` to the command line."""
    parser = commands.add_parser("account", help="settings, and the holdout against everybody else")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    shown = actions.add_parser("show", help="the account's settings")
    shown.set_defaults(run=show_account)
    held = actions.add_parser("holdout", help="what all campaigns together change")
    held.add_argument(
        "--share", type=float, help="hold this part of all users out from now on; 0 lets them go"
    )
    held.set_defaults(run=holdout)
    for action in (shown, held):
        add_common_arguments(action)


def show_account(args: argparse.Namespace) -> int:
    """The API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        show_json(stack.api.get("/v1/account"))
    return 0


def holdout(args: argparse.Namespace) -> int:
    """Switch the holdout on or off, or show what it says. Raises ApiError."""
    with connect(args.stack) as stack:
        if args.share is not None:
            account = stack.api.patch("/v1/account", {"holdout_share": args.share})
            stack.save()
            share, since = account["holdout_share"], account["holdout_since"]
            told = f"{share:.1%} of all users are held out since {since}"
            show(told if share else "nobody is held out any more")
            return 0
        found = stack.api.get("/v1/account/holdout")
    if args.json:
        show_json(found)
    else:
        show_holdout(found)
    return 0
