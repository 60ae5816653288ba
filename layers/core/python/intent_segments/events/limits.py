"""How large a file may be, and its values: what one import can work on in bounded memory and disk.

The import function has 3,008 MB of memory and 10,240 MB of /tmp (template.yaml; tests hold it to
these numbers). Measured on two cores: importing events of 160 bytes each peaks at 1.7 GB of memory
and 0.2 GB of spilled rows, whatever the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_COLUMNS = 2_000
"""More columns than this, fields of structs included, are a pivoted table, not events or traits."""
MAX_FOOTER_BYTES = 64 << 20
"""Of a Parquet file: parsed as a whole, some six times its size in memory. 2,000 columns in 200 row
groups take 40 MB."""
MAX_ROW_GROUPS = 32_767
"""Parquet stores the ordinal of a row group in 16 bits."""
MAX_ROW_GROUP_BYTES = 2 << 30
"""Uncompressed: the engine fetches the columns of a row group as wholes. Usual are 128 MB."""

MAX_LINE_BYTES = 8 << 20
"""Of a line of CSV or JSON: a line is held as a whole. The longest sound one has 64 KiB of
properties."""
MAX_MALFORMED_SHARE = 0.1
"""Lines that cannot be parsed are set aside up to a tenth of a file; beyond, the format itself is
wrong (separator, encoding, a quote that never ends), and what was read of it is not to trust."""

MAX_ID_BYTES = 1_024
"""Of user_id, event and message_id: the sort key of a DynamoDB item has no more."""
MAX_PROPERTIES_BYTES = 64 << 10
"""Of one event's properties, text columns included: twice what the Segment spec lets through. A few
bytes of a Parquet dictionary can stand for gigabytes of them."""

PIECE_ROWS = 4_000_000
"""Events that are worked on at once; a larger file is taken in pieces of so many, by user."""
PIECE_ROW_BYTES = 256
"""Of a row on average, uncompressed, beyond which pieces are made of fewer rows."""
ENGINE_MEMORY = "1600MB"
"""What DuckDB may hold; with Python, pyarrow and what DuckDB does not count, 1.7 GB."""
PROBE_MEMORY = 1_200_000_000
"""Bytes in which a Parquet file must be readable, row group by row group, before it is loaded."""
ENGINE_DISK = "6GB"
"""What DuckDB may spill into /tmp, beside the file, its unzipped copy and files of the lake."""


@dataclass(frozen=True)
class Limits:
    """The most rows, bytes uncompressed, and bytes of text (CSV, JSON lines) uncompressed."""

    rows: int
    bytes: int
    text_bytes: int


IMPORT = Limits(rows=50_000_000, bytes=16 << 30, text_bytes=2 << 30)
"""Of an import: 50 million rows take some ten minutes of the 15 that a function has. Text is copied
twice, unzipped and into columns whose types all rows decide, beside each other in /tmp."""
ON_FILES = Limits(rows=1_000_000_000, bytes=64 << 30, text_bytes=16 << 30)
"""Of the commands that work on files: what fits is the laptop's own; this stops bombs."""
