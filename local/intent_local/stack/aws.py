"""AWS clients for the local stack."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from .server import ACCOUNT, REGION, Server


def local_client(server: Server, service: str) -> Any:
    """A boto3 client of the local stack, whatever AWS account the shell is set up for.

    A function may take 15 minutes, and is not called again because its answer takes long.
    """
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",  # noqa: S106 - nobody checks it
        config=Config(
            read_timeout=900, retries={"max_attempts": 0}, s3={"addressing_style": "path"}
        ),
    )
