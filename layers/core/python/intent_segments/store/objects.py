"""The stack's bucket with JSON documents: plans, tallies, cuts, manifests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..errors import CorruptObject
from ..lake.objects import Bucket


@dataclass(frozen=True)
class Objects(Bucket):
    """Bytes and files as `Bucket` handles them, and documents on top."""

    def put_json(self, key: str, document: Any) -> None:
        """Write a document; equal documents give equal bytes."""
        body = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.put(key, body.encode())

    def get_json(self, key: str) -> Any:
        """Read a document. Raises NotFound, CorruptObject when it is not JSON."""
        try:
            return json.loads(self.get(key))
        except ValueError:
            raise CorruptObject(f"{key} is not JSON; run again what writes it.") from None
