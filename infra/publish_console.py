"""The console's files for CloudFront, after a deployment.

    publish_console.py ENV [options of sam deploy]

`make deploy` runs this. A stack with Edge has a bucket for them, and `config.json` says where its
API and its issuer are. Files that index.html names come before it, and those of a build stay for a
week after another one took its place, so that whoever has the console open goes on with what they
have.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from intent_local.connection import outputs_of
from intent_local.issuer.tokens import SCOPES
from intent_local.stack.console_site import BUILT, TYPES, cache_control
from intent_local.stack.project import CHECKOUT

KEPT = timedelta(days=7)
SUPERSEDED = "superseded"
"""The object that says since when an asset is in no build any more: name -> ISO 8601, UTC.
CloudFront does not show it: whatever has no ending is a page there."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="publish_console.py")
    parser.add_argument("env", help="a table of samconfig.toml")
    parser.add_argument("--stack-name", help="instead of the one in that table")
    parser.add_argument("--region")
    asked, _ = parser.parse_known_args(arguments)
    name = asked.stack_name or stack_of(asked.env)
    session = boto3.Session(region_name=asked.region)
    outputs = outputs_of(name, session)
    if "ConsoleBucket" not in outputs:
        print(f"The console of {name} is not hosted: Edge is false (docs/edge.md).")
        return 0
    make = ["make", "--no-print-directory", "console"]
    subprocess.run(make, cwd=CHECKOUT, check=True)  # noqa: S603 - our own target
    config = config_of(outputs)
    s3, bucket = session.client("s3"), outputs["ConsoleBucket"]
    sent = publish(s3, bucket, config, datetime.now(UTC), BUILT)
    print(f"{sent} files of the console: {outputs['ConsoleUrl']}")
    return 0


def stack_of(env: str) -> str:
    """The stack's name in samconfig.toml. Raises KeyError for an environment that it lacks."""
    config = tomllib.loads((CHECKOUT / "samconfig.toml").read_text("utf-8"))
    return str(config[env]["deploy"]["parameters"]["stack_name"])


def config_of(outputs: Mapping[str, str]) -> dict[str, Any]:
    """What the console reads as `config.json`: the API is where the console is."""
    issuer, client = outputs["Issuer"], outputs["ClientId"]
    return {"api": "", "auth": {"issuer": issuer, "client_id": client, "scopes": list(SCOPES)}}


def publish(s3: Any, bucket: str, config: Mapping[str, Any], now: datetime, root: Path) -> int:
    """Put the built files into the bucket, index.html last, and take away assets that no build of
    the last week had, counted from `now` (UTC). The number of files."""
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    bodies = {name: path.read_bytes() for name, path in files.items()}
    bodies["config.json"] = json.dumps(config).encode()
    for name in sorted(bodies, key=lambda name: (name == "index.html", name)):
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=bodies[name],
            ContentType=TYPES[Path(name).suffix],
            CacheControl=cache_control(name),
        )
    tidy(s3, bucket, bodies.keys(), now)
    return len(bodies)


def tidy(s3: Any, bucket: str, build: Collection[str], now: datetime) -> None:
    """Delete the assets that have been in no build for a week. Those that `build` is the first to
    lack are superseded `now`, however long ago they were uploaded."""
    before = superseded(s3, bucket)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="assets/")
    kept = {found["Key"] for page in pages for found in page.get("Contents", ())} - set(build)
    since = {name: before.get(name, now) for name in sorted(kept)}
    note = json.dumps({name: at.isoformat() for name, at in since.items()}).encode()
    # Before anything is deleted: what a deployment that breaks off leaves is known to the next one.
    s3.put_object(Bucket=bucket, Key=SUPERSEDED, Body=note, ContentType="application/json")
    for name, at in since.items():
        if now - at > KEPT:
            s3.delete_object(Bucket=bucket, Key=name)


def superseded(s3: Any, bucket: str) -> dict[str, datetime]:
    """Since when assets of earlier builds are in none; nothing in a new bucket."""
    try:
        note = s3.get_object(Bucket=bucket, Key=SUPERSEDED)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    return {name: datetime.fromisoformat(at) for name, at in json.loads(note).items()}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
