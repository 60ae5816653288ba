"""What files of users look like: their columns and names."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidInput
from ..goals.buckets import Bucket
from ..store.exports import Export

BUCKETS = tuple(bucket.label for bucket in reversed(Bucket))
"""From the most likely one down."""

ENDINGS = {"csv": "csv.gz", "parquet": "parquet"}

OWN = ("user_id", "bucket", "likelihood", "arm")
"""Columns that are not traits."""

STREAMED = "crossing"
"""The column of files of a stream: `entered` or `left`."""

MOST_TRAITS = 50


def columns_of(export: Export) -> tuple[str, ...]:
    """The columns of its files, in their order."""
    own: tuple[str, ...] = ("user_id",)
    if export.goal_id is not None:
        own = OWN if export.include_control else OWN[:-1]
    return (*own, *export.traits)


def file_key(export: Export, number: int) -> str:
    """The S3 key of one file: that of one group of users."""
    return f"exports/{export.id}/g={number:04d}.{ENDINGS[export.format]}"


def file_name(export: Export, number: int) -> str:
    """What a file is called when it is saved; ids are letters, digits and underscores."""
    return f"{export.id}-{number:04d}.{ENDINGS[export.format]}"


def refuse_traits(traits: Sequence[str], own: Sequence[str] = OWN) -> None:
    """Raises InvalidInput for traits that cannot be columns beside each other and `own` ones."""
    if len(traits) > MOST_TRAITS:
        raise InvalidInput.at(
            "traits", f"traits names {len(traits)}; an export has at most {MOST_TRAITS}"
        )
    seen: dict[str, str] = {name: name for name in own}
    for number, trait in enumerate(traits):
        before = seen.setdefault(trait.lower(), trait)
        if trait.lower() in own:
            raise InvalidInput.at(
                f"traits[{number}]", f"{trait} is a column of every export already: leave it out"
            )
        if any(trait.lower() == other.lower() for other in traits[:number]):
            raise InvalidInput.at(
                f"traits[{number}]",
                f"{trait} and {before} differ in upper and lower case at most, which readers of "
                "Parquet do not tell apart: export one of them at a time",
            )
