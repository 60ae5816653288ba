"""`intent destinations`: places to send users to."""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote

from ..connection import connect
from ..console import say, show, show_json, show_table
from .resources import add_common_arguments, read_body

KINDS = (
    *("file", "meta_audience", "google_customer_match", "webhook", "eventbridge"),
    *("sqs", "email", "sms", "push"),
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `intent destinations` to the command line."""
    parser = commands.add_parser("destinations", help="places to send users to")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every destination").set_defaults(run=list_destinations)
    created = actions.add_parser("create", help="save a destination; shows its secret this once")
    created.add_argument("--name", required=True)
    created.add_argument("--kind", choices=KINDS, required=True)
    _add_settings(created)
    created.set_defaults(run=create)
    changed = actions.add_parser("change", help="another name, or other settings as a whole")
    changed.add_argument("--name")
    _add_settings(changed)
    tried = actions.add_parser("test", help="send one message and say what came of it")
    tried.add_argument("--to", metavar="ADDRESS", help="of a test by e-mail, SMS or push")
    shown = actions.add_parser("show", help="one destination, as the API has it")
    rotated = actions.add_parser("rotate-secret", help="sign with a fresh secret beside the old")
    rotated.add_argument("--secret", help="the secret to sign with; a fresh one otherwise")
    for action, run in (
        (shown, show_one),
        (changed, change),
        (tried, test),
        (rotated, rotate_secret),
        (actions.add_parser("retire-secrets", help="sign with the newest secret alone"), retire),
        (actions.add_parser("enable", help="send to it again"), switch),
        (actions.add_parser("disable", help="send nothing to it"), switch),
        (actions.add_parser("delete", help="delete it"), delete),
    ):
        action.add_argument("id")
        action.set_defaults(run=run)
    for action in actions.choices.values():
        add_common_arguments(action)


def list_destinations(args: argparse.Namespace) -> int:
    """A table, or {"data": […]}. Raises ApiError."""
    with connect(args.stack) as stack:
        found = list(stack.api.pages("/v1/destinations"))
    if args.json:
        show_json({"data": found})
    else:
        rows = [(d["id"], d["kind"], d["enabled"], d["name"], d["reason"]) for d in found]
        show_table(("id", "kind", "enabled", "name", "why not"), rows)
    return 0


def show_one(args: argparse.Namespace) -> int:
    """The API's JSON. Raises ApiError."""
    with connect(args.stack) as stack:
        show_json(stack.api.get(_path(args.id)))
    return 0


def create(args: argparse.Namespace) -> int:
    """The new id, and the secret on a line of its own. Raises ApiError."""
    body = {"name": args.name, "kind": args.kind, "settings": _settings(args)}
    with connect(args.stack) as stack:
        made = stack.api.post("/v1/destinations", body)
        stack.save()
    return _told(args, made, made["id"])


def change(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    body: dict[str, Any] = {} if args.name is None else {"name": args.name}
    if args.file or args.settings:
        body["settings"] = _settings(args)
    return _patched(args, body)


def switch(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    return _patched(args, {"enabled": args.action == "enable"})


def test(args: argparse.Namespace) -> int:
    """What came of it; 1 unless the message was taken. Raises ApiError."""
    with connect(args.stack) as stack:
        body = {} if args.to is None else {"to": args.to}
        came = stack.api.post(f"{_path(args.id)}/test", body)
    words = [came["status"], *(str(v) for v in (came["last_status"], came["reason"]) if v)]
    _told(args, came, ", ".join(words))
    return 0 if came["status"] == "sent" else 1


def rotate_secret(args: argparse.Namespace) -> int:
    """The new secret. Raises ApiError."""
    with connect(args.stack) as stack:
        body = {} if args.secret is None else {"secret": args.secret}
        rotated = stack.api.post(f"{_path(args.id)}/rotate-secret", body)
        stack.save()
    signing = rotated["settings"]["secrets"]
    return _told(args, rotated, f"{rotated['id']} signs with {signing} secrets")


def retire(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        retired = stack.api.post(f"{_path(args.id)}/retire-secrets")
        stack.save()
    return _told(args, retired, f"{retired['id']} signs with its newest secret alone")


def delete(args: argparse.Namespace) -> int:
    """Raises ApiError."""
    with connect(args.stack) as stack:
        stack.api.delete(_path(args.id))
        stack.save()
    return _told(args, None, f"{args.id} is deleted")


def _patched(args: argparse.Namespace, body: dict[str, Any]) -> int:
    with connect(args.stack) as stack:
        changed = stack.api.patch(_path(args.id), body)
        stack.save()
    on = "enabled" if changed["enabled"] else "disabled"
    return _told(args, changed, f"{changed['id']} is called {changed['name']} and {on}")


def _told(args: argparse.Namespace, answer: Any, words: str) -> int:
    if args.json:
        show_json(answer)
        return 0
    show(words)
    if answer and answer.get("secret"):
        show(answer["secret"])
        say("this is the signing secret; it is shown this once")
    return 0


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", metavar="FILE.json", help="the settings; - is stdin")
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="one setting, its value as JSON or as text; may be repeated",
    )


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"it is written NAME=VALUE, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """Those of the file, then the single ones over them. Raises InvalidInput."""
    return (read_body(args.file) if args.file else {}) | dict(args.settings)


def _path(destination_id: str) -> str:
    return f"/v1/destinations/{quote(destination_id, safe='')}"
