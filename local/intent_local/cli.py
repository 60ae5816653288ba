"""The `intent` command: finds the subcommand, runs it, turns errors into words and exit codes.

Exit codes: 0 good, 1 failed, 2 wrong usage, 130 and 143 stopped by Ctrl-C and SIGTERM. Only the
module of the subcommand that was asked for is imported, so that no command waits for another's
libraries.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from types import FrameType

from intent_segments import __version__

from .failures import explain

COMMANDS = {
    "up": "start the local stack and serve it until Ctrl-C",
    "down": "stop the local stack, wherever it was started",
    "status": "what is up, what is loaded, which goals there are",
    "login": "sign in to a deployed stack that takes tokens",
    "load": "load events and profiles from files",
    "tracking": "write keys of the tracking API, and the roll-up of calls",
    "nightly": "run the nightly work for one date or several",
    "segments": "list, show and create segments, their trend",
    "goals": "list, show, create, follow, clone and archive goals",
    "signals": "what the models of goals are made from, and what was left out",
    "forecast": "how many users will do it by a date, before anything is saved",
    "destinations": "places to send users to",
    "engage": "reach members of a goal or a segment through a destination",
    "engagements": "list, show and stop engagements, what they delivered",
    "export": "users of a segment or a goal as files",
    "account": "settings, and the holdout against everybody else",
    "users": "erase a user, see what became of erasures",
    "open": "open the API docs in a browser",
    "preview": "size and members of a segment on files alone, no stack needed",
    "backtest": "forecasts of the past against what happened, on files alone",
    "uplift": "test against control: what a campaign changed, on files alone",
    "demo": "the whole job on real data, with a report",
}


class Terminated(BaseException):
    """SIGTERM, as an exception: everything that is open is closed on the way out.

    Like KeyboardInterrupt it is no Exception, so that no library takes it for a failure of its own.
    """


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    args = parse(arguments)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 143
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; there is nobody to tell
        return 1
    except Exception as error:
        if received:
            return 128 + received[0]  # DuckDB tells an interruption as a RuntimeError of its own
        explanation = explain(error)
        if explanation is None:
            raise
        explanation.show(as_json=getattr(args, "json", False))
        return 1


def parse(arguments: list[str]) -> argparse.Namespace:
    """The namespace of the subcommand; `run` is its function."""
    parser = argparse.ArgumentParser(
        prog="intent",
        description="Forecast, track and engage a goal on a segment of your users.",
    )
    parser.add_argument("--version", action="version", version=f"intent {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((a for a in arguments if not a.startswith("-")), None)
    for name, summary in COMMANDS.items():
        if name == wanted:
            importlib.import_module(f"{__package__}.commands.{name}").register(commands)
        else:
            commands.add_parser(name, help=summary)
    return parser.parse_args(arguments)


received: list[int] = []
"""The signals that asked this process to end, in the order of arrival."""


def on_signal(number: int, _frame: FrameType | None) -> None:
    received.append(number)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough while things are closed
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated
