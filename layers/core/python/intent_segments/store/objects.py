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
        self.put(key, _body(document))

    def put_new_json(self, key: str, document: Any) -> None:
        """Write a document whose key is free. Raises Raced when it is taken."""
        self.put_new(key, _body(document))

    def link(self, key: str, seconds: int, name: str) -> str:
        """A URL that hands out one object, to be saved as `name`, to whoever has it, for so many
        seconds at most: it ends with the credentials that it is made with."""
        import boto3
        from botocore.config import Config

        # Signature version 4 in every region: the older one is refused in newer ones.
        signer = boto3.client("s3", config=Config(signature_version="s3v4"))
        asked = {
            "Bucket": self.name,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        }
        return str(signer.generate_presigned_url("get_object", Params=asked, ExpiresIn=seconds))

    def get_json(self, key: str) -> Any:
        """Read a document. Raises NotFound, CorruptObject when it is not JSON."""
        try:
            return json.loads(self.get(key))
        except ValueError:
            raise CorruptObject(f"{key} is not JSON; run again what writes it.") from None


def _body(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
