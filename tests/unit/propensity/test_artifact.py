"""A model file is checked before anything in it runs."""

import pickle

import numpy as np
import pytest

from intent_segments.errors import CorruptObject
from intent_segments.propensity.artifact import pack, unpack
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import running_model
from intent_segments.propensity.question import Question
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, shop

EXPLODED = []


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return EXPLODED.append, ("boom",)


@pytest.fixture(scope="module")
def trained():
    question = Question(parse({"did": {"event": "visit"}}), ("buy",), "any", START + 150, 30)
    evidence = Evidence.gather(shop(), question)
    model = running_model(evidence, 100.0)
    return evidence, model, pack(model, "2025-01-01", ["2024-12-01"])


def test_a_stored_model_gives_the_same_likelihoods(trained):
    evidence, model, artifact = trained
    rows = evidence.rows(model.plan, evidence.members(START + 150), START + 150, 30)
    again = unpack(artifact.body, artifact.sha256)
    assert np.array_equal(again.likelihood(rows), model.likelihood(rows))


def test_the_same_training_gives_the_same_version(trained):
    _, model, artifact = trained
    assert pack(model, "2025-01-01", ["2024-12-01"]).version == artifact.version


def test_a_swapped_file_is_refused_before_it_can_run():
    with pytest.raises(CorruptObject, match="not loaded"):
        unpack(pickle.dumps(Bomb()), sha256="0" * 64)
    assert not EXPLODED


def test_the_manifest_says_what_is_inside(trained):
    _, _, artifact = trained
    assert artifact.manifest["families"] == ["linear", "trees", "buy_till_you_die"]
    assert "buy: count 0-6 d ago" in artifact.manifest["features"]
    assert artifact.manifest["libraries"]["scikit-learn"]
