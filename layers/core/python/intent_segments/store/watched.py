"""Counts what the clients of a stack's stores ask of AWS, by botocore's own events."""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

from ..telemetry.work import Meter

S3_READS = ("GetObject", "HeadObject")
TABLE_READS = ("GetItem", "Query")
READ_UNIT = 4096
WRITE_UNIT = 1024
"""Bytes per request unit of DynamoDB (its developer guide, "Read and write capacity")."""
TRANSACTIONAL = 2
"""A write in a transaction takes two units where a plain one takes one (same page)."""


def watch(meter: Meter, s3: Any, dynamodb: Any) -> None:
    """Have `meter` count the requests, bytes and units of two boto3 clients from now on."""

    def sent_to_s3(params: Any, model: Any, **_: Any) -> None:
        if model.name in S3_READS:
            meter.add(s3_reads=1)
        else:
            meter.add(s3_writes=1, bytes_written=_length(params.get("body")))

    def told_by_s3(parsed: Any, model: Any, **_: Any) -> None:
        if model.name == "GetObject":
            meter.add(bytes_read=int(parsed.get("ContentLength", 0)))

    def sent_to_table(params: Any, model: Any, **_: Any) -> None:
        if model.name not in TABLE_READS:
            units = math.ceil(_length(params.get("body")) / WRITE_UNIT) or 1
            meter.add(
                table_writes=units * (TRANSACTIONAL if model.name.startswith("Transact") else 1)
            )

    def told_by_table(http_response: Any, model: Any, **_: Any) -> None:
        if model.name in TABLE_READS:
            meter.add(table_reads=math.ceil(len(http_response.content) / READ_UNIT) or 1)

    s3.meta.events.register("before-call.s3", sent_to_s3)
    s3.meta.events.register("after-call.s3", told_by_s3)
    dynamodb.meta.events.register("before-call.dynamodb", sent_to_table)
    dynamodb.meta.events.register("after-call.dynamodb", told_by_table)


def _length(body: Any) -> int:
    """Of the body of a request: bytes, a buffer, or a part of a file, which knows its length."""
    if isinstance(body, BytesIO):
        return body.getbuffer().nbytes
    return len(body) if hasattr(body, "__len__") else 0
