"""A bucket in process, and whole tables to compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from intent_segments.lake.manifest import Manifest
from intent_segments.lake.objects import Bucket
from intent_segments.lake.reader import READABLE, open_lake
from intent_segments.lake.tables import SCHEMA, Tables
from tests.fixtures.aws import aws_in_process

ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


@contextmanager
def empty_bucket() -> Iterator[Bucket]:
    with aws_in_process(ENVIRONMENT):
        boto3.client("s3").create_bucket(Bucket="lake")
        yield Bucket("lake")


def everything(bucket: Bucket, manifest: Manifest, folder: Path) -> dict[str, list[Any]]:
    """All rows of all tables of the lake, sorted."""
    groups = range(manifest.groups)
    return contents(open_lake(bucket, manifest, groups, READABLE, None, folder))


def contents(tables: Tables) -> dict[str, list[Any]]:
    return {
        name: sorted(tables.con.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
        for name in SCHEMA
    }
