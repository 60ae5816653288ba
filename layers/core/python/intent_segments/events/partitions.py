"""Columns that a path says: Hive's `orders/dt=2026-10-31/country=CH/part-0.parquet`.

Engines that write such folders leave these columns out of the files. Source: Apache Hive, "Dynamic
partitions" (language manual), whose escapes and word for null Spark, Athena and Glue write too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from urllib.parse import unquote

import duckdb

from ..lake.tables import identifier, literal
from .files import Source, reading

Partition = tuple[str, str | None]
"""Name and value of one folder, None for null."""

NULL = "__HIVE_DEFAULT_PARTITION__"
DAYS = ("dt", "ds", "date", "day")
"""Names that hold a day, as a rule."""
FORMATS = ("%Y-%m-%d", "%Y%m%d")
NOT_OURS = "mapping"
"""A folder that says how a dropped file is read (`services/importing.py`)."""


def partitions_of(key: str) -> tuple[Partition, ...]:
    """The partitions that the folders of an S3 key name, outermost first."""
    found = []
    for folder in key.split("/")[:-1]:
        name, equals, value = folder.partition("=")
        if equals and name and name != NOT_OURS:
            found.append((unquote(name), None if value == NULL else unquote(value)))
    return tuple(found)


def is_day(partition: Partition) -> bool:
    """Whether a folder is named as those that hold the files of one day."""
    return partition[0].casefold() in DAYS


def day_of(partitions: Sequence[Partition]) -> date | None:
    """The day of a file, where its path says one."""
    for partition in filter(is_day, partitions):
        if (value := partition[1]) is not None:
            for form in FORMATS:
                try:
                    return datetime.strptime(value, form).date()  # noqa: DTZ007 a day has no zone
                except ValueError:
                    continue
    return None


def with_partitions(
    con: duckdb.DuckDBPyConnection, source: Source, partitions: Sequence[Partition], to: Path
) -> Path:
    """Write a Parquet file again with the columns of its path; a column of the file's own goes
    before one of its path. Raises InvalidFile."""
    known = {name.casefold() for name in source.columns}
    added = []
    for name, value in partitions:
        if name.casefold() not in known:
            known.add(name.casefold())
            text = "NULL::VARCHAR" if value is None else literal(value)
            added.append(f"{text} AS {identifier(name)}")
    columns = ", ".join(["*", *added])
    with reading(source):
        con.execute(
            f"COPY (SELECT {columns} FROM read_parquet({literal(str(source.path))}, "
            f"hive_partitioning = false)) TO {literal(str(to))} (FORMAT parquet)"
        )
    return to
