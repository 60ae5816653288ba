"""A model as a joblib file and its manifest; nothing is unpickled before its checksum agrees.

Unpickling runs code, so a model file is trusted only if its SHA-256 is the one on record, which
lies where the function that scores cannot write.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import joblib
import numpy
import scipy
import sklearn

from ..errors import CorruptObject
from .model import Model


@dataclass(frozen=True)
class Artifact:
    """`body` is the joblib file, `manifest` plain JSON values, `version` names the content."""

    body: bytes
    manifest: dict[str, Any]

    @property
    def sha256(self) -> str:
        """Hex digest of `body`."""
        return str(self.manifest["sha256"])

    @property
    def version(self) -> str:
        """The first 12 hex digits: the same training gives the same version."""
        return self.sha256[:12]


def pack(model: Model, as_of: str, starts: list[str]) -> Artifact:
    """Serialise a model. `as_of` and the training `starts` are ISO dates for the manifest."""
    buffer = io.BytesIO()
    joblib.dump(model, buffer, compress=3)
    body = buffer.getvalue()
    manifest = {
        "sha256": hashlib.sha256(body).hexdigest(),
        "bytes": len(body),
        "as_of": as_of,
        "training_starts": starts,
        "horizon_days": model.horizon,
        "families": [
            name
            for name, fitted in (
                ("linear", model.linear),
                ("trees", model.trees),
                ("buy_till_you_die", model.dying),
            )
            if fitted is not None
        ],
        "features": list(model.plan.names),
        "libraries": {
            "joblib": joblib.__version__,
            "numpy": numpy.__version__,
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
        },
    }
    return Artifact(body, manifest)


def unpack(body: bytes, sha256: str) -> Model:
    """Load a model. Raises CorruptObject, before loading anything, when the checksum differs."""
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise CorruptObject(
            f"A model file has SHA-256 {found}, on record is {sha256}: it was changed after "
            "training and is not loaded. Restore the object's recorded version, or set the goal "
            "up again."
        )
    model = joblib.load(io.BytesIO(body))
    if not isinstance(model, Model):
        raise CorruptObject(f"A model file holds a {type(model).__name__}, not a model.")
    return model
