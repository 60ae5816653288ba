"""Where the files of a send lie."""

from __future__ import annotations

from ..delivery.destination import Destination
from ..delivery.kinds import FileSettings
from ..store.sends import Send
from .export_columns import ENDINGS


def file_key(destination: Destination, send: Send, group: int) -> str:
    """The S3 key of one group's file."""
    settings = destination.settings
    ending = "parquet" if destination.kind == "eventbridge" else "csv.gz"
    if isinstance(settings, FileSettings):
        ending = ENDINGS[settings.format]
    return f"{_folder(send)}g={group:04d}.{ending}"


def manifest_key(send: Send) -> str:
    """Where the list of a send's files lies, of destinations that are told of it."""
    return f"{_folder(send)}manifest.json"


def _folder(send: Send) -> str:
    return f"deliveries/{send.engagement_id}/{send.name}/"
