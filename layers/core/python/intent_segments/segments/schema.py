"""The segment language as a JSON Schema, for editors and for programs in other languages.

Run `python -m intent_segments.segments.schema FILE` to write it. What it accepts is well formed;
the limits of a whole definition, and whether its segments and goals exist, only the product knows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .definition import Definition


def document() -> dict[str, Any]:
    """The schema of a definition, as JSON values (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Definition.model_json_schema(),
        "title": "Segment",
        "description": "A segment of users by what they did and who they are.",
    }


def written() -> str:
    """The schema as it is published."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(written(), "utf-8")
