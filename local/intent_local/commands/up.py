"""`intent up`: the local stack, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import time

from ..addresses import show_addresses
from ..cli import Terminated
from ..console import say, show
from ..stack.errors import StackError

LOOK_EVERY_SECONDS = 1.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent up` to the command line."""
    parser = commands.add_parser(
        "up",
        help="start the local stack and serve it until Ctrl-C",
        description="Deploy template.yaml into an AWS on loopback and serve it until Ctrl-C. "
        "What is loaded and saved is kept in .intent for the next time.",
    )
    parser.add_argument(
        "--allow-host",
        dest="allowed_hosts",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="a receiver on this machine or its network that webhooks may reach; may be repeated",
    )
    parser.add_argument(
        "--auth",
        action="store_true",
        help="have the API ask for tokens, and sign people in at an issuer on this machine; "
        "commands on this machine sign in by themselves",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when stopped by Ctrl-C or SIGTERM, which is how this ends. Raises StackError when the
    stack ends by itself."""
    from ..stack.running import running_stack

    try:
        allowed = {"AllowedHosts": ",".join(args.allowed_hosts)}
        with running_stack(parameters=allowed, signs_in=args.auth) as stack:
            if not stack.started_here:
                if args.auth and not stack.server.signs_in:
                    raise StackError(
                        "the local stack is up and asks nobody who they are; `intent down` first"
                    )
                say("the local stack is up already; this only watches it")
            show_addresses(stack.api_url)
            if stack.server.signs_in:
                show(f"issuer   {stack.outputs['Issuer']}  client  {stack.outputs['ClientId']}")
            say("Ctrl-C stops it; everything is kept for the next time")
            while not stack.server.has_ended():
                time.sleep(LOOK_EVERY_SECONDS)
            raise StackError("the local stack has ended; start it again with `intent up`")
    except (KeyboardInterrupt, Terminated):
        say("stopped; everything is saved")
    return 0
