"""The stack's bucket with JSON documents: plans, tallies, cuts, manifests."""

from __future__ import annotations

import hashlib
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
        self.put(key, sealed(document)[0])

    def put_new_json(self, key: str, document: Any) -> None:
        """Write a document whose key is free. Raises Raced when it is taken."""
        self.put_new(key, sealed(document)[0])

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

    def get_json(self, key: str, sha256: str | None = None) -> Any:
        """Read a document. Raises NotFound, CorruptObject when it is not JSON, or not the one whose
        bytes have this SHA-256."""
        body = self.get(key)
        if sha256 is not None and hashlib.sha256(body).hexdigest() != sha256:
            raise CorruptObject(
                f"{key} is not what was published: its SHA-256 is another one. Bring back the "
                "version of that object which was written with the night; the bucket keeps it for "
                "7 days."
            )
        try:
            return json.loads(body)
        except ValueError:
            raise CorruptObject(f"{key} is not JSON; run again what writes it.") from None


def sealed(document: Any) -> tuple[bytes, str]:
    """A document as it is written, and the SHA-256 of that in hex."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body = text.encode()
    return body, hashlib.sha256(body).hexdigest()
