"""The issuer's signing key: made once, kept where the stack keeps its data."""

from __future__ import annotations

import json
from pathlib import Path

from joserfc.jwk import RSAKey

BITS = 2048
ALGORITHM = "RS256"
"""What Cognito signs with, and the only algorithm that MiniStack's authorizer verifies."""


def signing_key(path: Path) -> RSAKey:
    """The key in a file that its owner alone may read; made when there is none.

    It stays the same between starts, since authorizers keep an issuer's keys for hours.
    """
    if path.exists():
        return RSAKey.import_key(json.loads(path.read_text()))
    key = RSAKey.generate_key(BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(key.as_dict(private=True)))
    draft.replace(path)
    return key
