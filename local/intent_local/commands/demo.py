"""`intent demo`: the whole job on two purchase histories, through the deployed HTTP API."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from intent_segments.errors import IntentError
from intent_segments.lake.calendar import parse_date

from ..addresses import show_addresses
from ..cli import Terminated
from ..console import duration, say, show
from ..demo.plays import NIGHTS, PLAYS, Play

if TYPE_CHECKING:
    from ..stack.server import Server


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent demo` to the command line."""
    parser = commands.add_parser(
        "demo",
        help="the whole job on real data, with a report",
        description="Replays purchase histories: loads them up to a day, forecasts goals, saves "
        "them, runs the nights that follow as their data arrive, and shows predicted beside "
        "actual. Stopped, it goes on where it was. In a terminal it then serves the API until "
        "Ctrl-C.",
    )
    parser.add_argument("--account", choices=tuple(PLAYS), help="one history; default: all")
    parser.add_argument("--as-of", metavar="DATE", help="the day up to which history is loaded")
    parser.add_argument("--event", metavar="NAME", help="the event of the account's first goal")
    parser.add_argument("--nights", type=int, default=NIGHTS, metavar="N", help="default: 14")
    parser.add_argument("--fresh", action="store_true", help="forget earlier demos and start over")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 after the report; in a terminal, after Ctrl-C. Raises IntentError."""
    from ..stack.home import Home

    root = Home.default().root / "demo"
    if args.fresh:
        shutil.rmtree(root, ignore_errors=True)
    began = time.monotonic()
    plays = chosen(args)
    for play in plays:
        play_one(play, root / place(play), last=play is plays[-1], began=began)
    return 0


def chosen(args: argparse.Namespace) -> list[Play]:
    """The plays with the options put in. Raises IntentError for a wrong date or number."""
    if (args.as_of or args.event) and not args.account:
        raise IntentError(
            f"--as-of and --event need --account ({' or '.join(PLAYS)}): the histories lie in "
            "different years and have different events"
        )
    if not 1 <= args.nights <= 60:
        raise IntentError(f"--nights must be 1 to 60, not {args.nights}")
    plays = [PLAYS[args.account]] if args.account else list(PLAYS.values())
    if args.as_of:
        day: date = parse_date(args.as_of, "--as-of")
        plays = [replace(play, as_of=day) for play in plays]
    if args.event:
        plays = [
            replace(
                play,
                wishes=(replace(play.wishes[0], name=args.event, event=args.event, metrics=()),),
            )
            for play in plays
        ]
    return [replace(play, nights=args.nights) for play in plays]


def place(play: Play) -> str:
    """A folder of its own for every variant, so that none goes on with another's goals."""
    events = "-".join(wish.event.lower().replace(" ", "-") for wish in play.wishes)
    return f"{play.account}-{play.as_of}-{play.nights}-{events}"


def play_one(play: Play, folder: Path, *, last: bool, began: float) -> None:
    """Replay one account on its own stack; the last one stays up in a terminal."""
    from ..connection import local
    from ..demo.replay import Replay
    from ..demo.report import show_report, show_times
    from ..stack.home import Home
    from ..stack.running import running_stack

    say(f"{play.account}: {play.about}")
    with running_stack(home=Home(folder)) as running:
        stack = local(running)
        replay = Replay(play, stack, folder / "files")
        replay.run()
        show_report(stack, play, replay.goals())
        show_times(replay.seconds, len(play.days()))
        show("")
        if not last:
            return
        show(f"in all {duration(time.monotonic() - began)}")
        show_addresses(running.api_url)
        if sys.stdout.isatty():
            serve(running.server)


def serve(server: Server) -> None:
    """Until Ctrl-C, SIGTERM or the end of the stack."""
    say("Ctrl-C stops it; everything is kept: `make demo` shows it again")
    try:
        while not server.has_ended():
            time.sleep(1)
    except (KeyboardInterrupt, Terminated):
        say("stopped; everything is saved")
